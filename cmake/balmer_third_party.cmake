# Third-party libraries: Debian packages only (apt-packages.txt), nothing downloaded at configure time.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

find_path(BALMER_RANDOM123_INCLUDE Random123/philox.h)
if(NOT BALMER_RANDOM123_INCLUDE)
    message(FATAL_ERROR "Random123 not found: apt-get install librandom123-dev")
endif()

find_path(BALMER_SLEEF_INCLUDE sleef.h)
find_library(BALMER_SLEEF_LIBRARY sleef)
if(NOT BALMER_SLEEF_INCLUDE OR NOT BALMER_SLEEF_LIBRARY)
    message(FATAL_ERROR "SLEEF not found: apt-get install libsleef-dev")
endif()
add_library(balmer_sleef INTERFACE)
target_link_libraries(balmer_sleef INTERFACE ${BALMER_SLEEF_LIBRARY})

# Header-only libraries that any .cpp may include; never from include/balmer/.
target_link_libraries(balmer_options INTERFACE fmt::fmt Threads::Threads Eigen3::Eigen nlohmann_json::nlohmann_json)

# Optional: HDF5. Its C interface alone is used; tables in .h5 are readable only with it.
add_library(balmer_hdf5 INTERFACE)
find_package(HDF5 COMPONENTS C QUIET)
if(HDF5_FOUND)
    message(STATUS "HDF5 ${HDF5_VERSION} found: .h5 tables can be read")
    target_include_directories(balmer_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
    target_link_libraries(balmer_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
    target_compile_definitions(balmer_hdf5 INTERFACE BALMER_HAVE_HDF5)
else()
    message(STATUS "HDF5 not found: .h5 tables will be refused (apt-get install libhdf5-dev)")
endif()

# Optional: libmatio, for MATLAB's .mat files (SVHN comes as such).
add_library(balmer_matio INTERFACE)
find_path(BALMER_MATIO_INCLUDE matio.h)
find_library(BALMER_MATIO_LIBRARY matio)
if(BALMER_MATIO_INCLUDE AND BALMER_MATIO_LIBRARY)
    message(STATUS "libmatio found: .mat files can be read")
    target_link_libraries(balmer_matio INTERFACE ${BALMER_MATIO_LIBRARY})
    target_compile_definitions(balmer_matio INTERFACE BALMER_HAVE_MATIO)
else()
    message(STATUS "libmatio not found: .mat files will be refused (apt-get install libmatio-dev)")
endif()
