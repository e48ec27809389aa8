// curl's setters are variadic, which Swift cannot call: one typed wrapper for each kind of argument.
#pragma once
#include <curl/curl.h>

static inline CURLcode signalbox_easy_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode signalbox_easy_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode signalbox_easy_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode signalbox_easy_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode signalbox_easy_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*signalbox_data_callback)(char *, size_t, size_t, void *);
static inline CURLcode signalbox_easy_set_data_callback(CURL *handle, CURLoption option,
                                                         signalbox_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode signalbox_easy_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode signalbox_easy_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, (char **)value);
}
static inline CURLMcode signalbox_multi_set_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}

static inline CURLcode signalbox_easy_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
typedef int (*signalbox_seek_callback)(void *, curl_off_t, int);
static inline CURLcode signalbox_easy_set_seek_callback(CURL *handle, CURLoption option,
                                                         signalbox_seek_callback value) {
    return curl_easy_setopt(handle, option, value);
}
