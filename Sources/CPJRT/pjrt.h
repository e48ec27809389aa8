// The parts of the PJRT C API (openxla/xla, xla/pjrt/c/pjrt_c_api.h, major version 0) that the trainer calls.
//
// Layouts follow that header. The table of functions only ever grows at its end, so what is skipped here is kept as
// numbered room. Argument structs grow at their end too, and a plugin refuses a struct smaller than its own: each
// struct that has grown in the past ends in zeroed room, which older plugins ignore and newer ones read as "not given".
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PJRT_MAJOR_VERSION 0
/// The oldest minor version whose layouts are those below.
#define PJRT_MINOR_VERSION_MIN 40

typedef struct PJRT_Error PJRT_Error;
typedef struct PJRT_Event PJRT_Event;
typedef struct PJRT_Client PJRT_Client;
typedef struct PJRT_Device PJRT_Device;
typedef struct PJRT_DeviceDescription PJRT_DeviceDescription;
typedef struct PJRT_Executable PJRT_Executable;
typedef struct PJRT_LoadedExecutable PJRT_LoadedExecutable;
typedef struct PJRT_SerializedExecutable PJRT_SerializedExecutable;
typedef struct PJRT_Buffer PJRT_Buffer;

typedef struct {
    size_t struct_size;
    void *extension_start;
    int major_version;
    int minor_version;
} PJRT_Api_Version;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Error *error;
} PJRT_Error_Destroy_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    const PJRT_Error *error;
    const char *message;
    size_t message_size;
} PJRT_Error_Message_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
} PJRT_Plugin_Initialize_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Event *event;
} PJRT_Event_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    const void *create_options;
    size_t num_options;
    void *kv_get_callback;
    void *kv_get_user_arg;
    void *kv_put_callback;
    void *kv_put_user_arg;
    PJRT_Client *client;
    uintptr_t room[6];
} PJRT_Client_Create_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
} PJRT_Client_Destroy_Args;

/// PJRT_Client_PlatformName and PJRT_Client_PlatformVersion alike.
typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
    const char *text;
    size_t text_size;
} PJRT_Client_Text_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
    PJRT_Device *const *addressable_devices;
    size_t num_addressable_devices;
} PJRT_Client_AddressableDevices_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Device *device;
    PJRT_DeviceDescription *device_description;
} PJRT_Device_GetDescription_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_DeviceDescription *device_description;
    const char *device_kind;
    size_t device_kind_size;
} PJRT_DeviceDescription_Kind_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    char *code;
    size_t code_size;
    const char *format;
    size_t format_size;
} PJRT_Program;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
    const PJRT_Program *program;
    const char *compile_options;
    size_t compile_options_size;
    PJRT_LoadedExecutable *executable;
} PJRT_Client_Compile_Args;

/// Values of PJRT_Buffer_Type.
enum { PJRT_TYPE_S32 = 4, PJRT_TYPE_U32 = 8, PJRT_TYPE_F32 = 11 };

/// PJRT_HostBufferSemantics: the plugin copies before the call returns.
enum { PJRT_HOST_BUFFER_ONLY_DURING_CALL = 0 };

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
    const void *data;
    int32_t type;
    const int64_t *dims;
    size_t num_dims;
    const int64_t *byte_strides;
    size_t num_byte_strides;
    int32_t host_buffer_semantics;
    PJRT_Device *device;
    void *memory;
    void *device_layout;
    PJRT_Event *done_with_host_buffer;
    PJRT_Buffer *buffer;
} PJRT_Client_BufferFromHostBuffer_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Executable *executable;
} PJRT_Executable_Destroy_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_LoadedExecutable *executable;
} PJRT_LoadedExecutable_Destroy_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_LoadedExecutable *loaded_executable;
    PJRT_Executable *executable;
} PJRT_LoadedExecutable_GetExecutable_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Executable *executable;
    size_t num_outputs;
} PJRT_Executable_NumOutputs_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    const PJRT_Executable *executable;
    const char *serialized_bytes;
    size_t serialized_bytes_size;
    PJRT_SerializedExecutable *serialized_executable;
    void (*serialized_executable_deleter)(PJRT_SerializedExecutable *executable);
    uintptr_t room[4];
} PJRT_Executable_Serialize_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Client *client;
    const char *serialized_executable;
    size_t serialized_executable_size;
    PJRT_LoadedExecutable *loaded_executable;
    uintptr_t room[4];
} PJRT_Executable_DeserializeAndLoad_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    void **send_callbacks;
    void **recv_callbacks;
    size_t num_send_ops;
    size_t num_recv_ops;
    int launch_id;
    uintptr_t room[16];
} PJRT_ExecuteOptions;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_LoadedExecutable *executable;
    PJRT_ExecuteOptions *options;
    PJRT_Buffer *const *const *argument_lists;
    size_t num_devices;
    size_t num_args;
    PJRT_Buffer **const *output_lists;
    PJRT_Event **device_complete_events;
    PJRT_Device *execute_device;
} PJRT_LoadedExecutable_Execute_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Buffer *buffer;
} PJRT_Buffer_Destroy_Args;

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Buffer *src;
    void *host_layout;
    void *dst;
    size_t dst_size;
    PJRT_Event *event;
} PJRT_Buffer_ToHostBuffer_Args;

/// A function that the trainer does not call.
typedef void (*PJRT_Unused)(void);

typedef struct {
    size_t struct_size;
    void *extension_start;
    PJRT_Api_Version version;

    void (*Error_Destroy)(PJRT_Error_Destroy_Args *);
    void (*Error_Message)(PJRT_Error_Message_Args *);
    PJRT_Unused error_get_code;

    PJRT_Error *(*Plugin_Initialize)(PJRT_Plugin_Initialize_Args *);
    PJRT_Unused plugin_attributes;

    PJRT_Error *(*Event_Destroy)(PJRT_Event_Args *);
    PJRT_Unused event_is_ready_error[2];
    PJRT_Error *(*Event_Await)(PJRT_Event_Args *);
    PJRT_Unused event_on_ready;

    PJRT_Error *(*Client_Create)(PJRT_Client_Create_Args *);
    PJRT_Error *(*Client_Destroy)(PJRT_Client_Destroy_Args *);
    PJRT_Error *(*Client_PlatformName)(PJRT_Client_Text_Args *);
    PJRT_Unused client_process_index;
    PJRT_Error *(*Client_PlatformVersion)(PJRT_Client_Text_Args *);
    PJRT_Unused client_devices;
    PJRT_Error *(*Client_AddressableDevices)(PJRT_Client_AddressableDevices_Args *);
    PJRT_Unused client_lookups[3];
    PJRT_Error *(*Client_Compile)(PJRT_Client_Compile_Args *);
    PJRT_Unused client_default_device_assignment;
    PJRT_Error *(*Client_BufferFromHostBuffer)(PJRT_Client_BufferFromHostBuffer_Args *);

    PJRT_Unused device_description_id_process_attributes[3];
    PJRT_Error *(*DeviceDescription_Kind)(PJRT_DeviceDescription_Kind_Args *);
    PJRT_Unused device_description_strings[2];
    PJRT_Error *(*Device_GetDescription)(PJRT_Device_GetDescription_Args *);
    PJRT_Unused device[5];
    PJRT_Unused memory[5];

    PJRT_Error *(*Executable_Destroy)(PJRT_Executable_Destroy_Args *);
    PJRT_Unused executable_name_replicas_partitions[3];
    PJRT_Error *(*Executable_NumOutputs)(PJRT_Executable_NumOutputs_Args *);
    PJRT_Unused executable_analysis[4];
    PJRT_Error *(*Executable_Serialize)(PJRT_Executable_Serialize_Args *);

    PJRT_Error *(*LoadedExecutable_Destroy)(PJRT_LoadedExecutable_Destroy_Args *);
    PJRT_Error *(*LoadedExecutable_GetExecutable)(PJRT_LoadedExecutable_GetExecutable_Args *);
    PJRT_Unused loaded_executable_devices_deletion[3];
    PJRT_Error *(*LoadedExecutable_Execute)(PJRT_LoadedExecutable_Execute_Args *);
    PJRT_Error *(*Executable_DeserializeAndLoad)(PJRT_Executable_DeserializeAndLoad_Args *);
    PJRT_Unused loaded_executable_fingerprint;

    PJRT_Error *(*Buffer_Destroy)(PJRT_Buffer_Destroy_Args *);
    PJRT_Unused buffer_description[11];
    PJRT_Error *(*Buffer_ToHostBuffer)(PJRT_Buffer_ToHostBuffer_Args *);
} PJRT_Api;

/// What `GetPjrtApi`, the one symbol that a plugin exports, is.
typedef const PJRT_Api *(*PJRT_GetApi)(void);
