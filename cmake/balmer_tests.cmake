# One GoogleTest program test_<room> per room from the *_test.cpp files below tests/<folder>, and test_properties, test_agreement,
# test_golden and test_cli, which see everything. Suites with Slow in their name carry the label slow, the others fast.
enable_testing()
find_package(GTest REQUIRED)
include(GoogleTest)

# Tests wait for the compiler more than for the processor; the rooms they test keep their -O2.
add_library(balmer_test_options INTERFACE)
# `if (x) EXPECT_EQ(...)` is safe: the macro blocks a dangling else, which g++ does not see.
target_compile_options(balmer_test_options INTERFACE $<$<CONFIG:Release>:-O1> -Wno-dangling-else)

if(BALMER_PRECOMPILED_HEADERS)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/empty_test.cpp CONTENT "")
    add_library(balmer_test_header OBJECT ${PROJECT_BINARY_DIR}/generated/empty_test.cpp)
    target_link_libraries(balmer_test_header PRIVATE balmer_options balmer_test_options GTest::gtest)
    set_target_properties(balmer_test_header PROPERTIES POSITION_INDEPENDENT_CODE OFF)  # same flags as the programs
    target_precompile_headers(balmer_test_header PRIVATE <gtest/gtest.h> <string> <vector> <cmath> <filesystem>)
endif()

# rapidcheck has no CMake package in Debian.
find_path(BALMER_RAPIDCHECK_INCLUDE rapidcheck.h)
find_library(BALMER_RAPIDCHECK_LIBRARY rapidcheck)
add_library(balmer_rapidcheck INTERFACE)
if(BALMER_RAPIDCHECK_INCLUDE AND BALMER_RAPIDCHECK_LIBRARY)
    target_include_directories(balmer_rapidcheck SYSTEM INTERFACE ${BALMER_RAPIDCHECK_INCLUDE})
    target_link_libraries(balmer_rapidcheck INTERFACE ${BALMER_RAPIDCHECK_LIBRARY})
    target_compile_definitions(balmer_rapidcheck INTERFACE BALMER_HAVE_RAPIDCHECK)
else()
    message(STATUS "rapidcheck not found: its property tests are left out (apt-get install librapidcheck-dev)")
endif()

# balmer_tests(<name> <folder under tests/> <flat> <targets to link>...)
function(balmer_tests name folder flat)
    balmer_glob(sources ${PROJECT_SOURCE_DIR}/tests/${folder} *_test.cpp ${flat})
    if(NOT sources)
        return()
    endif()
    set(target test_${name})
    add_executable(${target} ${sources})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${ARGN} balmer_test_options balmer_rapidcheck GTest::gtest GTest::gtest_main)
    # Only where the source tree lies; tests find ../shared and data/ from it.
    target_compile_definitions(${target} PRIVATE
        BALMER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" BALMER_BINARY_DIR="${PROJECT_BINARY_DIR}")
    if(TARGET balmer)
        target_compile_definitions(${target} PRIVATE BALMER_PROGRAM="$<TARGET_FILE:balmer>")
    endif()
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests
        POSITION_INDEPENDENT_CODE OFF)
    if(BALMER_UNITY)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 24)
    endif()
    if(BALMER_PRECOMPILED_HEADERS)
        target_precompile_headers(${target} REUSE_FROM balmer_test_header)
    endif()
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_PREFIX ${name}.
        TEST_FILTER "-*Slow*" PROPERTIES LABELS fast TIMEOUT 300)
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_PREFIX ${name}.
        TEST_FILTER "*Slow*" PROPERTIES LABELS slow TIMEOUT 7200)
endfunction()

get_property(rooms GLOBAL PROPERTY BALMER_ROOMS)
foreach(room IN LISTS rooms)
    if(NOT room STREQUAL "cli")
        balmer_tests(${room} ${BALMER_ROOM_FOLDER_${room}} ${BALMER_ROOM_FLAT_${room}} balmer_${room})
    endif()
endforeach()

# sc_fixed is the oracle of the hardware mode that reproduces ap_fixed.
find_path(BALMER_SYSTEMC_INCLUDE systemc)
find_library(BALMER_SYSTEMC_LIBRARY systemc)
if(TARGET test_hardware AND BALMER_SYSTEMC_INCLUDE AND BALMER_SYSTEMC_LIBRARY)
    target_include_directories(test_hardware SYSTEM PRIVATE ${BALMER_SYSTEMC_INCLUDE})
    target_link_libraries(test_hardware PRIVATE ${BALMER_SYSTEMC_LIBRARY})
    target_compile_definitions(test_hardware PRIVATE BALMER_HAVE_SYSTEMC)
elseif(TARGET test_hardware)
    message(STATUS "SystemC not found: the comparison with sc_fixed is left out (apt-get install libsystemc-dev)")
endif()

set(everything ${BALMER_EVERYTHING})
list(TRANSFORM everything PREPEND balmer_)
foreach(name IN ITEMS properties agreement golden)
    balmer_tests(${name} ${name} FALSE ${everything} balmer_cli)
endforeach()
balmer_tests(cli cli FALSE balmer_cli)
foreach(name IN ITEMS agreement golden cli)
    if(TARGET balmer AND TARGET test_${name})
        add_dependencies(test_${name} balmer)
    endif()
endforeach()

# Every fuzz target, run for a short while on its corpus and on changes of it, without libFuzzer.
file(GLOB fuzzers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp)
foreach(source IN LISTS fuzzers)
    cmake_path(GET source STEM stem)
    add_executable(short_${stem} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/short_run.cpp)
    target_include_directories(short_${stem} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(short_${stem} PRIVATE ${everything} balmer_test_options)
    set_target_properties(short_${stem} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
    add_test(NAME fuzz.${stem} COMMAND short_${stem} 20000 ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${stem})
    set_tests_properties(fuzz.${stem} PROPERTIES LABELS fast TIMEOUT 300)
endforeach()
