# Compiler settings shared by every target, as the interface library balmer_options.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)  # the same libraries go into the Python module
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DEIGEN_NO_DEBUG")  # without -DNDEBUG: assertions of our own bugs stay on. Kernels: -O3

# Program, tests and Python module compile the same files with the same flags: compile them once.
find_program(BALMER_CCACHE ccache)
if(BALMER_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${BALMER_CCACHE})
endif()

add_library(balmer_options INTERFACE)
target_include_directories(balmer_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(balmer_options INTERFACE
    -Wall -Wextra -Wpedantic
    # Results must not depend on the instruction set: no silent fusing of a*b+c (docs/decisions/0002-fused-multiply-add.md).
    -ffp-contract=off
    # Neither changes a value: we read no errno from mathematics and no floating-point exception flags.
    -fno-math-errno -fno-trapping-math)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees these in correct uses of std::string and std::vector (GCC bugs 105329, 105651, 107852).
    target_compile_options(balmer_options INTERFACE
        -Wno-missing-field-initializers -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The compiler takes memory for granted before it collects garbage: a tenth of its time.
    target_compile_options(balmer_options INTERFACE "SHELL:--param ggc-min-heapsize=400000")
endif()
if(BALMER_WARNINGS_AS_ERRORS)
    target_compile_options(balmer_options INTERFACE -Werror)
endif()

if(BALMER_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "BALMER_FUZZ needs clang: cmake --preset fuzz")
    endif()
    set(BALMER_SANITIZE "address,undefined")
    target_compile_options(balmer_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BALMER_SANITIZE)
    target_compile_options(balmer_options INTERFACE
        -fsanitize=${BALMER_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(balmer_options INTERFACE -fsanitize=${BALMER_SANITIZE})
    target_compile_definitions(balmer_options INTERFACE BALMER_SANITIZED)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # What the sanitizers add to the code confuses this warning (GCC bug 105562); they see the real thing at run time.
        target_compile_options(balmer_options INTERFACE -Wno-maybe-uninitialized)
    endif()
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(BALMER_X86 ON)
endif()
