# How this project makes targets: one function per kind of thing in the tree.

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)

# What every target of ours is compiled with.
add_library(headgate_flags INTERFACE)
target_compile_options(headgate_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Werror
  -pthread  # RE2 asks for it, and the precompiled header must agree
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Xclang -fno-pch-timestamp>)
target_compile_definitions(headgate_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  # malloc's own cache, by size, finds memory for a coroutine's frame faster than Asio's does.
  BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING
  BOOST_ASIO_NO_DEPRECATED BOOST_DLL_USE_STD_FS
  # Boost.JSON is compiled once, in core/boost.cpp, not linked from a library.
  BOOST_JSON_NO_LIB)
if(HEADGATE_SANITIZE)
  # Not vptr: to see whether an address may be read it opens a pipe or a pair of sockets, and says
  # that the object is of a wrong type when there are no descriptors left, which tests bring about.
  # It would also ask for the type information of one plugin in another.
  target_compile_options(headgate_flags INTERFACE
    -fsanitize=${HEADGATE_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fno-sanitize=function>)
  target_compile_definitions(headgate_flags INTERFACE HEADGATE_SANITIZED)
  target_link_options(headgate_flags INTERFACE -fsanitize=${HEADGATE_SANITIZE})
endif()

# Which paths are hot, as a gateway under load has shown: the optimiser keeps them together and
# inlines along them. script/profile measures it. Names of files go into it without their folders,
# so that it fits every clone.
set(profile_names -mllvm -static-func-full-module-prefix=false)
if(HEADGATE_TRAIN)
  target_compile_options(headgate_flags INTERFACE -fprofile-generate ${profile_names})
  target_link_options(headgate_flags INTERFACE -fprofile-generate)
elseif(HEADGATE_PROFILE)
  # All of a program must be compiled by the same profile; the build does not see that it changed,
  # unless the command line says so.
  file(SHA256 ${HEADGATE_PROFILE} profile_hash)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${HEADGATE_PROFILE})
  target_compile_definitions(headgate_flags INTERFACE HEADGATE_PROFILE_HASH=0x${profile_hash})
  # What changed since then is compiled as if nothing were known of it, and that is no fault.
  target_compile_options(headgate_flags INTERFACE -fprofile-use=${HEADGATE_PROFILE} ${profile_names}
    -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled -Wno-backend-plugin
    -fsplit-machine-functions)
  target_link_options(headgate_flags INTERFACE
    -fsplit-machine-functions -Wl,-z,keep-text-section-prefix)
endif()

# One precompiled header (the standard library and Asio's core) for all C++ of core and its tests.
function(headgate_use_pch target)
  target_precompile_headers(${target} REUSE_FROM headgate_pch)
endfunction()

# Compiles the files of a folder several at a time, which takes half as long. Names in unnamed
# namespaces meet then, so only what asks for it. The environment may ask for it, too, for a build
# that is made once and thrown away.
set(unity_by_default OFF)
if(DEFINED ENV{HEADGATE_UNITY})
  set(unity_by_default $ENV{HEADGATE_UNITY})
endif()
option(HEADGATE_UNITY "Layers and their tests are compiled in batches" ${unity_by_default})
function(headgate_use_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HEADGATE_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  if(HEADGATE_UNITY)
    # A type of an unnamed namespace is of one file all the same.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# headgate_layer(NAME USES layer... LINK library...)
# One folder of core/: a static library that links only the layers it names. script/check-layout
# holds the names against core/LAYERS and the includes against both.
function(headgate_layer name)
  cmake_parse_arguments(arg "" "" "USES;LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  file(GLOB headers CONFIGURE_DEPENDS *.hpp)
  list(FILTER sources EXCLUDE REGEX "/(main|allocation)\\.cpp$")
  add_library(headgate_${name} STATIC ${sources})
  target_sources(headgate_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
  set_target_properties(headgate_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(headgate_${name} PUBLIC headgate_flags)
  foreach(layer ${arg_USES})
    target_link_libraries(headgate_${name} PUBLIC headgate_${layer})
  endforeach()
  target_link_libraries(headgate_${name} PUBLIC ${arg_LINK})
  headgate_use_pch(headgate_${name})
  headgate_use_unity(headgate_${name})
endfunction()

# What a test takes of the six places that the presets give to tests (`jobs`): two that compute run
# at a time, or three that mostly wait.
set(HEADGATE_PLACES_TO_COMPUTE 3)
set(HEADGATE_PLACES_TO_WAIT 2)

# headgate_unit_tests(NAME [APART] LINK library...)
# Every *_test.cpp of this folder in one GoogleTest program. APART: each file is compiled by itself.
function(headgate_unit_tests name)
  cmake_parse_arguments(arg "APART" "" "LINK;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  add_executable(${name}_tests ${sources})
  target_link_libraries(${name}_tests PRIVATE headgate_flags ${arg_LINK} headgate_test_support
                        GTest::gmock GTest::gtest_main)
  headgate_use_pch(${name}_tests)
  if(NOT arg_APART)
    headgate_use_unity(${name}_tests)
  endif()
  set(labels unit ${arg_LABELS})
  gtest_discover_tests(${name}_tests DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}."
                       PROPERTIES TIMEOUT 120 LABELS "${labels}"
                       PROCESSORS ${HEADGATE_PLACES_TO_COMPUTE})
endfunction()

# headgate_plugin(NAME LINK library...)
# Every *.cpp or *.c of this folder as one plugin: a shared library that exports one function and
# is linked as the plugin author's guide asks of third parties.
function(headgate_plugin name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.c)
  add_library(${name} MODULE ${sources})
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${HEADGATE_PLUGIN_DIR})
  target_link_libraries(${name} PRIVATE headgate_flags headgate::sdk headgate_plugin_link ${arg_LINK})
  install(TARGETS ${name} LIBRARY DESTINATION ${HEADGATE_PLUGIN_DIR})
  add_dependencies(headgate_plugins ${name})
endfunction()
# Builds them all: what the program needs beside itself.
add_custom_target(headgate_plugins)
