# Third-party code of the core under one name each, whichever compiler asks: tl::expected,
# cereal::cereal and simdjson::simdjson exist natively (Debian's packages) and for WebAssembly
# (below); PkgConfig::sodium is native only.
include_guard()

if(NOT EMSCRIPTEN)
  # A project that adds heed as a folder links our libraries, so it must see what they link.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
  find_package(tl-expected REQUIRED)
  find_package(cereal REQUIRED)
  find_package(simdjson REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium)
  return()
endif()

# The system's include folder holds the machine's own headers, which a cross compiler must never
# see; only the header-only libraries are linked into a folder of the build tree.
set(HEED_WASM_INCLUDE ${PROJECT_BINARY_DIR}/third_party/include)
file(MAKE_DIRECTORY ${HEED_WASM_INCLUDE})
foreach(package tl/expected.hpp cereal/cereal.hpp)
  find_path(found ${package} PATHS /usr/include /usr/local/include REQUIRED NO_CACHE
            NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  cmake_path(GET package PARENT_PATH folder)
  file(CREATE_LINK ${found}/${folder} ${HEED_WASM_INCLUDE}/${folder} SYMBOLIC)
  unset(found)
endforeach()

foreach(library tl::expected cereal::cereal)
  add_library(${library} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${library} INTERFACE ${HEED_WASM_INCLUDE})
endforeach()

set(HEED_SIMDJSON_DIR ${PROJECT_SOURCE_DIR}/node_modules/@nozbe/simdjson/src)
if(NOT EXISTS ${HEED_SIMDJSON_DIR}/simdjson.cpp)
  message(FATAL_ERROR "simdjson's sources are missing: run `npm ci` in ${PROJECT_SOURCE_DIR} first")
endif()
add_library(heed_simdjson STATIC EXCLUDE_FROM_ALL ${HEED_SIMDJSON_DIR}/simdjson.cpp)
target_compile_features(heed_simdjson PUBLIC cxx_std_17)
target_include_directories(heed_simdjson SYSTEM PUBLIC ${HEED_SIMDJSON_DIR})
add_library(simdjson::simdjson ALIAS heed_simdjson)
