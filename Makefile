# Thin targets for people who work here; ./demo and ./test need nothing but bash.
PREFIX ?= /usr/local

.PHONY: build demo test python bench format install clean

build:
	scripts/set-up
	scripts/build

demo:
	./demo

test:
	./test

python:
	scripts/set-up
	scripts/install-python

bench: build
	scripts/build --target benchmarks
	benchmarks/run

format:
	git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

install:
	scripts/build --target balmer
	cmake --install build --prefix $(PREFIX)

clean:
	rm -rf build build-dev build-sanitize build-thread build-fuzz build-python dist
