# How every target of this project is made. Flags belong to targets, never to a directory, so that a
# project that embeds heed keeps its own.
#
#   heed_library(NAME SOURCES ... HEADERS ... LINKS ... [PRIVATE_LINKS ...])
#       the library heed_NAME, alias heed::NAME; headers lie below its include folder
#   heed_executable(NAME SOURCES ... LINKS ...)
#   heed_target(TARGET)
#       the flags alone
#   heed_test(NAME SOURCES ... LINKS ... [LABEL unit] [TIMEOUT seconds])
#       a GoogleTest program; each of its cases is a ctest
#   heed_fuzz(NAME SOURCES ... LINKS ... [CORPUS folder])
#       a libFuzzer program, or its smoke run
include_guard()

find_program(HEED_CCACHE ccache)
foreach(language C CXX)
  if(HEED_CCACHE AND PROJECT_IS_TOP_LEVEL AND NOT CMAKE_${language}_COMPILER_LAUNCHER)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${HEED_CCACHE})
  endif()
endforeach()

function(heed_target target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden)
  # A fused multiply-add rounds once where two operations round twice: decisions would differ by
  # machine.
  target_compile_options(${target} PRIVATE -ffp-contract=off)
  if(EMSCRIPTEN)
    # emcc at -Oz forbids all inlining but what says `inline`: larger and several times slower.
    target_compile_options(${target} PRIVATE -finline-functions)
    # What the library's templates would throw traps instead: nobody there could catch it.
    target_compile_definitions(${target} PRIVATE _LIBCPP_NO_EXCEPTIONS)
  endif()
  if(HEED_DEVELOPER)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                             -Wno-sign-conversion -Werror)
    # At -O3 g++ 12 sees an overlap in std::string's operator+ (GCC bug 105651) and an endless
    # comparison of byte vectors that are not there.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(
        ${target} PRIVATE "$<$<CONFIG:Release>:-Wno-restrict;-Wno-stringop-overread>")
    endif()
  endif()
  if(HEED_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${HEED_SANITIZE} -fno-omit-frame-pointer
                                             -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${HEED_SANITIZE})
    # What a sanitizer adds hides from g++ 12 that a string or a function was initialised.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
  if(HEED_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(heed_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;LINKS;PRIVATE_LINKS")
  set(target heed_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(heed::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS include FILES ${arg_HEADERS})
  target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  heed_target(${target})
endfunction()

function(heed_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  heed_target(${name})
endfunction()

function(heed_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;LINKS")
  heed_executable(${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE HEED_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             HEED_BINARY_DIR="${PROJECT_BINARY_DIR}")
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# With HEED_FUZZ a target searches with libFuzzer; without, a small driver replays the corpus and a
# fixed number of mutations of it, so that every ctest run passes through every reader of bytes.
function(heed_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "CORPUS" "SOURCES;LINKS")
  heed_executable(${name} SOURCES ${arg_SOURCES} LINKS ${arg_LINKS})
  if(HEED_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    file(WRITE ${PROJECT_BINARY_DIR}/corpora/${name}.txt "${arg_CORPUS}")  # read by ./dev fuzz
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/smoke_main.cpp)
    add_test(NAME ${name}.smoke COMMAND ${name} ${arg_CORPUS})
    set_tests_properties(${name}.smoke PROPERTIES LABELS fuzz TIMEOUT 120)
  endif()
endfunction()
