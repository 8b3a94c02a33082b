# Completion of balmer for bash; made by `balmer info --completion bash`.
_balmer() {
    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} flags=""
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "fit show predict export firmware verify synthesize report simplify evaluate derivative generate info --help --version" -- "$word"))
        return
    fi
    case $command in
        fit) flags="--help --target --features --task --weights --sigma --validation --drop-missing --units --unit-constants --operators --define --complexity --maximum-complexity --maximum-depth --constrain --guess --form --loss --huber-delta --quantile --method --select --seconds --evaluations --memory --threads --seed --network --trials --epochs --layers --unary --binary --targets-sparsity --warm-up --learning-rate --schedule --batch --scale-inputs --screening --error-over-outputs --patience --clip --revival --shrink-epochs --eql-penalty --eql-threshold --run-folder --resume --progress --quiet" ;;
        show) flags="--help --format --digits" ;;
        predict) flags="--help --output --complexity" ;;
        export) flags="--help --to --output --complexity" ;;
        firmware) flags="--help --data --output --complexity --front --input-format --output-format --raw-words --outputs --threshold --agreement --tolerance --clock --latency --multipliers --rounding --overflow --poles --mode --name --part --valid" ;;
        verify) flags="--help --vectors --netlist-vectors --seed --back-end --self-test" ;;
        synthesize) flags="--help --dsp --ice40" ;;
        report) flags="--help --output" ;;
        simplify) flags="--help --define --measure" ;;
        evaluate) flags="--help --define --output" ;;
        derivative) flags="--help --define --by" ;;
        generate) flags="--help --output --rows --noise --seed --columns --list" ;;
        info) flags="--help --parameters --operators --man --completion" ;;
    esac
    case $word in
        -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
        *) COMPREPLY=($(compgen -f -- "$word")) ;;
    esac
}
complete -o filenames -F _balmer balmer
