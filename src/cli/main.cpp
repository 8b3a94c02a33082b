#include "cli/commands.hpp"

int main(int argc, char** argv) { return balmer::cli::run_program(argc, argv); }
