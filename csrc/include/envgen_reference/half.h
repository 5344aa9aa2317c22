// c10::Half and c10::BFloat16, from where the flavour being built may take them.
#pragma once

#ifdef TORCH_TARGET_VERSION
#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>
#else
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>
#endif
