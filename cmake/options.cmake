# Compile and link options that every target of the project shares: target miniredis_options.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache's manual asks for beside precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
endif()

add_library(miniredis_options INTERFACE)
target_compile_features(miniredis_options INTERFACE cxx_std_20)
target_compile_options(miniredis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -fno-omit-frame-pointer
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers>)

# Warnings that gcc's manual itself calls uncertain: behind a precompiled header, or with a sanitizer,
# they find faults in std::string that are not there. The library and the programs keep them.
set(MINIREDIS_FALSE_ALARMS
  -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
if(MINIREDIS_WERROR)
  target_compile_options(miniredis_options INTERFACE -Werror)
endif()
if(MINIREDIS_SANITIZE)
  target_compile_options(miniredis_options INTERFACE -fsanitize=${MINIREDIS_SANITIZE}
                                                     -fno-sanitize-recover=all)
  target_link_options(miniredis_options INTERFACE -fsanitize=${MINIREDIS_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(miniredis_options INTERFACE ${MINIREDIS_FALSE_ALARMS})
  endif()
endif()

# What the layers of the library are compiled with beside that.
set(MINIREDIS_LAYER_OPTIONS -fvisibility=hidden)
if(MINIREDIS_BUILD_FUZZERS)
  list(APPEND MINIREDIS_LAYER_OPTIONS -fsanitize=fuzzer-no-link)
endif()

# miniredis_precompile(<target> LIKE <kind>)
# What the compiler spends a third of its time on in most files, the standard headers, is parsed once
# for each kind of target: layer, program, test, service (static libraries over JSON and Asio) or
# service_test.
function(miniredis_precompile target)
  cmake_parse_arguments(ARG "" "LIKE" "" ${ARGN})
  if(NOT MINIREDIS_PRECOMPILED_HEADERS)
    return()
  endif()
  set(kind miniredis_precompiled_${ARG_LIKE})
  if(NOT TARGET ${kind})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${kind}.cc CONTENT "")
    add_library(${kind} OBJECT ${CMAKE_BINARY_DIR}/${kind}.cc)
    target_link_libraries(${kind} PRIVATE miniredis_options)
    target_precompile_headers(${kind} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
    if(ARG_LIKE STREQUAL "layer")
      target_compile_options(${kind} PRIVATE ${MINIREDIS_LAYER_OPTIONS})
    endif()
    if(ARG_LIKE MATCHES "^service")
      find_package(nlohmann_json REQUIRED)
      find_package(Boost 1.81 REQUIRED)
      target_link_libraries(${kind} PRIVATE nlohmann_json::nlohmann_json Boost::headers)
      target_compile_definitions(${kind} PRIVATE BOOST_ASIO_NO_DEPRECATED)
      target_compile_options(${kind} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
      target_precompile_headers(${kind} PRIVATE
        <nlohmann/json.hpp> <boost/asio.hpp> <boost/beast/core.hpp> <boost/beast/http.hpp>)
    endif()
    if(ARG_LIKE MATCHES "^program$|test$")
      # As executables are compiled: no other form is taken for them.
      set_target_properties(${kind} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${kind} PRIVATE -fPIE)
    endif()
    if(ARG_LIKE MATCHES "test$")
      find_package(doctest REQUIRED)
      target_link_libraries(${kind} PRIVATE doctest::doctest)
      target_precompile_headers(${kind} PRIVATE <doctest/doctest.h>)
    endif()
  endif()
  target_precompile_headers(${target} REUSE_FROM ${kind})
  if(ARG_LIKE MATCHES "test$" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE ${MINIREDIS_FALSE_ALARMS})
  endif()
endfunction()

# Programs go to bin/, and in a wheel to where pip puts scripts.
function(miniredis_install_program target)
  if(SKBUILD)
    install(TARGETS ${target} RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT python)
  else()
    install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
