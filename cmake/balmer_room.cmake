# balmer_glob(<variable> <folder> <pattern> <flat>): files below a folder, or in it alone when <flat> is true. Kept up to
# date by the build: a new file configures anew.
function(balmer_glob variable folder pattern flat)
    if(flat)
        file(GLOB found CONFIGURE_DEPENDS ${folder}/${pattern})
    else()
        file(GLOB_RECURSE found CONFIGURE_DEPENDS ${folder}/${pattern})
    endif()
    set(${variable} ${found} PARENT_SCOPE)
endfunction()

# balmer_room(<name> [FLAT] [FOLDER <folder>] [ROOT <folder>] [DEPENDS <rooms>] [LIBRARIES <targets>])
#   One static library balmer_<name> from the .cpp files below <ROOT>/<FOLDER> (src/<name> unless said), linked to the
#   rooms it depends on. FLAT: subfolders are rooms of their own. A room without .cpp files is an INTERFACE library.
#   Files named *_avx2.cpp and *_avx512.cpp are compiled for those instruction sets and left out on other processors.
#   main.cpp never belongs to a room. The tests read BALMER_ROOM_FOLDER_<name> and BALMER_ROOM_FLAT_<name>.
function(balmer_room name)
    cmake_parse_arguments(ROOM "FLAT" "ROOT;FOLDER" "DEPENDS;LIBRARIES" ${ARGN})
    if(NOT ROOM_ROOT)
        set(ROOM_ROOT ${PROJECT_SOURCE_DIR}/src)
    endif()
    if(NOT ROOM_FOLDER)
        set(ROOM_FOLDER ${name})
    endif()
    balmer_glob(sources ${ROOM_ROOT}/${ROOM_FOLDER} *.cpp ${ROOM_FLAT})
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    if(NOT BALMER_X86)
        list(FILTER sources EXCLUDE REGEX "_avx(2|512)\\.cpp$")
    endif()

    set(libraries ${ROOM_DEPENDS})
    list(TRANSFORM libraries PREPEND balmer_)
    set(target balmer_${name})
    if(sources)
        add_library(${target} STATIC ${sources})
        target_link_libraries(${target} PUBLIC balmer_options ${libraries} PRIVATE ${ROOM_LIBRARIES})
        set(scope PUBLIC)
        if(BALMER_UNITY)
            set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
        endif()
    else()
        add_library(${target} INTERFACE)
        target_link_libraries(${target} INTERFACE balmer_options ${libraries})
        set(scope INTERFACE)
    endif()
    if(NOT ROOM_ROOT STREQUAL "${PROJECT_SOURCE_DIR}/src")
        target_include_directories(${target} ${scope} ${ROOM_ROOT})
    endif()
    # Kernels, where the time goes, are compiled with more optimisation than the rest, each instruction set alone.
    set(kernels ${sources})
    list(FILTER kernels INCLUDE REGEX "(_(avx2|avx512|baseline)|/simulation)\\.cpp$")
    set_source_files_properties(${kernels} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
    foreach(source IN LISTS kernels)
        if(source MATCHES "_avx2\\.cpp$")
            set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS -mavx2 -mfma)
        elseif(source MATCHES "_avx512\\.cpp$")
            set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS
                -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -mprefer-vector-width=512)
        endif()
    endforeach()
    set(BALMER_ROOM_FOLDER_${name} ${ROOM_FOLDER} PARENT_SCOPE)
    set(BALMER_ROOM_FLAT_${name} ${ROOM_FLAT} PARENT_SCOPE)
    set_property(GLOBAL APPEND PROPERTY BALMER_ROOMS ${name})
endfunction()

# balmer_commit(): the library balmer_commit with balmer::git_commit(). A script compares HEAD on every build and
# rewrites one generated header when it moved: one file recompiles, and only what links balmer_commit links again.
function(balmer_commit)
    set(header ${PROJECT_BINARY_DIR}/generated/balmer_commit.hpp)
    add_custom_target(balmer_commit_header
        COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D HEADER=${header}
                -P ${PROJECT_SOURCE_DIR}/cmake/write_commit.cmake
        BYPRODUCTS ${header} COMMENT "" VERBATIM)
    add_library(balmer_commit STATIC ${PROJECT_SOURCE_DIR}/src/base/commit/commit.cpp)
    add_dependencies(balmer_commit balmer_commit_header)
    target_include_directories(balmer_commit PRIVATE ${PROJECT_BINARY_DIR}/generated)
    target_link_libraries(balmer_commit PUBLIC balmer_options)
endfunction()

# balmer_program(): the command line, build/balmer, from src/cli/main.cpp and the room cli.
function(balmer_program)
    file(GLOB main CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/main.cpp)
    if(main)
        add_executable(balmer ${main})
        target_link_libraries(balmer PRIVATE balmer_cli CLI11::CLI11 balmer_commit)
        set_target_properties(balmer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    endif()
endfunction()
