# Compile and link options that every target of the project shares: target miniredis_options.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(miniredis_options INTERFACE)
target_compile_features(miniredis_options INTERFACE cxx_std_20)
target_compile_options(miniredis_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -fno-omit-frame-pointer
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-field-initializers>)
if(MINIREDIS_WERROR)
  target_compile_options(miniredis_options INTERFACE -Werror)
endif()
if(MINIREDIS_SANITIZE)
  target_compile_options(miniredis_options INTERFACE -fsanitize=${MINIREDIS_SANITIZE}
                                                     -fno-sanitize-recover=all)
  target_link_options(miniredis_options INTERFACE -fsanitize=${MINIREDIS_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False alarms in the standard library's own headers: gcc's manual warns of them.
    target_compile_options(miniredis_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# Programs go to bin/, and in a wheel to where pip puts scripts.
function(miniredis_install_program target)
  if(SKBUILD)
    install(TARGETS ${target} RUNTIME DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT python)
  else()
    install(TARGETS ${target} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endfunction()
