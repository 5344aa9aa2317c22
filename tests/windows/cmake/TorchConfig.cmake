# torch's CMake package, as far as CMakeLists.txt uses it.
set(Torch_VERSION 2.14.0)
add_library(torch INTERFACE)
