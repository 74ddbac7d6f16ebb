# The front door. Everything is done by scripts in tools/dev, which also say what they do.
.PHONY: help build run test studio-dev bench docs format lint install-deps clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#: //p' Makefile

#: make build         install what is missing, build; programs are left in build/bin/
build:
	@tools/dev/build.sh

#: make run           build, then run the whole platform on its defaults (Ctrl-C stops it)
run:
	@tools/dev/run.sh $(ARGS)

#: make test          build and run every test, also under the sanitizers, fuzz for a while, lint
test:
	@tools/dev/test.sh $(ARGS)

#: make studio-dev    the Studio's development server on port 5173, over a gateway on 8080
studio-dev:
	@tools/dev/studio.sh dev

#: make bench         redis-server and MiniRedis side by side, then the micro-benchmarks
bench:
	@tools/dev/bench.sh $(ARGS)

#: make docs          the reference page of all commands, left in build/docs/
docs:
	@tools/dev/docs.sh

#: make format        rewrite sources to the house format
format:
	@tools/dev/lint.sh --fix

#: make lint          formatting, ruff, mypy, shellcheck, clang-tidy; changes nothing
lint:
	@tools/dev/lint.sh --tidy $(ARGS)

#: make install-deps  only install what building and testing needs
install-deps:
	@tools/dev/bootstrap.sh test

#: make clean         remove build/ and .venv/
clean:
	@rm -rf build .venv
