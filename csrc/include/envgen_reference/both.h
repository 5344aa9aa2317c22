// Marks code that nvcc compiles for the host and for the device, and other compilers for the host.
#pragma once

#ifdef __CUDACC__
#define ENVGEN_REFERENCE_BOTH __host__ __device__
#else
#define ENVGEN_REFERENCE_BOTH
#endif

#if !defined(__CUDA_ARCH__)
#define ENVGEN_REFERENCE_UNROLL
#elif defined(_MSC_VER)
#define ENVGEN_REFERENCE_UNROLL __pragma(unroll)
#else
#define ENVGEN_REFERENCE_UNROLL _Pragma("unroll")
#endif
