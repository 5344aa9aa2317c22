// A stand-in for NVIDIA's driver, for tests alone: libcuda.so.1 and libnvidia-ml.so.1 of a machine with two devices.
//
// STAND_IN_DRIVER says how it is: none (no device), empty (a list of none), abort, noisy (it prints), mismatch (cuInit
// fails), mig (its devices are parts of one), prohibited (nobody may use device 0). STAND_IN_FAULTS names a folder:
// while a file `0.hangs`, `0.fails`, `0.lost` or `0.taken` (by a process that has it for itself) lies there, no context can
// be made on device 0, and while `0.full` does, it has no memory left.
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES 2
#define HIDDEN (-1)

static uint32_t* memory;
static int current;

static int is(const char* mode) {
  const char* set = getenv("STAND_IN_DRIVER");
  return set && !strcmp(set, mode);
}

static void format_uuid(int device, char* text) {
  sprintf(text, "%s-%02x000000-0000-0000-0000-000000000000", is("mig") ? "MIG" : "GPU", 0xa0 + device);
}

// The device that has a number among the visible ones.
static int visible(int index) {
  const char* set = getenv("CUDA_VISIBLE_DEVICES");
  if (!set) return index < DEVICES ? index : HIDDEN;
  char list[256];
  snprintf(list, sizeof list, "%s", set);
  for (char* entry = strtok(list, ","); entry; entry = strtok(NULL, ",")) {
    for (int device = 0; device < DEVICES; device++) {
      char uuid[64], number[8];
      format_uuid(device, uuid);
      snprintf(number, sizeof number, "%d", device);
      if ((!strcmp(entry, uuid) || !strcmp(entry, number)) && index-- == 0) return device;
    }
  }
  return HIDDEN;
}

static int has(int device, const char* fault) {
  char path[4096];
  const char* folder = getenv("STAND_IN_FAULTS");
  snprintf(path, sizeof path, "%s/%d.%s", folder ? folder : "", device, fault);
  return folder && !access(path, F_OK);
}

int cuInit(unsigned flags) {
  if (is("abort")) abort();
  if (is("noisy")) {
    puts("driver: hello");
    fflush(stdout);
  }
  if (is("mismatch")) return 803;
  return is("none") || visible(0) == HIDDEN ? 100 : 0;
}

int cuGetErrorName(int status, const char** name) {
  *name = status == 803 ? "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH" : NULL;
  return *name ? 0 : 1;
}

int cuDriverGetVersion(int* version) { return *version = 13020, 0; }

int cuDeviceGetCount(int* count) {
  *count = 0;
  while (!is("empty") && visible(*count) != HIDDEN) ++*count;
  return 0;
}

int cuDeviceGet(int* device, int index) {
  *device = visible(index);
  return *device == HIDDEN ? 101 : 0;
}

int cuDeviceGetName(char* name, int size, int device) { return snprintf(name, size, "Stand-in %d", device), 0; }

int cuDeviceTotalMem_v2(size_t* bytes, int device) { return *bytes = (size_t)(device + 1) << 33, 0; }

int cuDeviceGetAttribute(int* value, int attribute, int device) {
  if (attribute == 75) *value = 8 + device;
  else if (attribute == 76) *value = 0;
  else *value = attribute != 20 ? 0 : device == 0 && is("prohibited") ? 2 : has(device, "taken") ? 3 : 0;
  return 0;
}

int cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
  memset(uuid, 0, 16);
  uuid[0] = 0xa0 + device;
  return 0;
}

int cuDevicePrimaryCtxRetain(void** context, int device) {
  while (has(device, "hangs")) usleep(10000);
  *context = NULL;
  current = device;
  if (has(device, "taken") || has(device, "lost")) return 46;
  return has(device, "fails") ? 719 : 0;
}

int cuDevicePrimaryCtxRelease_v2(int device) { return 0; }
int cuCtxSetCurrent(void* context) { return 0; }
int cuCtxSynchronize(void) { return 0; }

int cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  if (has(current, "full")) return 2;
  memory = malloc(bytes);
  *address = (uint64_t)(uintptr_t)memory;
  return 0;
}

int cuMemFree_v2(uint64_t address) { return free((void*)(uintptr_t)address), 0; }

int cuMemsetD32_v2(uint64_t address, unsigned value, size_t count) {
  uint32_t* words = (uint32_t*)(uintptr_t)address;
  for (size_t i = 0; i < count; i++) words[i] = value;
  return 0;
}

int cuMemcpyDtoH_v2(void* target, uint64_t address, size_t bytes) {
  memcpy(target, (void*)(uintptr_t)address, bytes);
  return 0;
}

int nvmlInit_v2(void) { return 0; }

int nvmlSystemGetDriverVersion(char* text, unsigned size) { return snprintf(text, size, "580.95.05"), 0; }

int nvmlDeviceGetHandleByUUID(const char* uuid, void** device) { return strncmp(uuid, "MIG-", 4) || !is("mig"); }
