# Our warnings, errors in every preset. Third-party headers are SYSTEM and exempt.
add_library(strict_warnings INTERFACE)
target_compile_options(strict_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
target_compile_definitions(strict_warnings INTERFACE
  $<$<BOOL:${FOOTPROOF_DCHECK}>:FOOTPROOF_DCHECK=1>
  FOOTPROOF_VERSION="${PROJECT_VERSION}")

# How a folder becomes a library: every .cc in it, our warnings, one include root.
# EXCEPT names sources that belong to a program instead.
function(folder_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC;PRIVATE;EXCEPT")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(source IN LISTS arg_EXCEPT)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name}
    PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} strict_warnings)
endfunction()
