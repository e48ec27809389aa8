#!/bin/sh
# `gcloud storage` against the server that STORAGE_EMULATOR_HOST names; ends with 0 when all holds.
# $1: a scratch folder.
set -eu

export CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE="$STORAGE_EMULATOR_HOST/storage/v1/"
export CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true
export CLOUDSDK_CORE_PROJECT=local
export CLOUDSDK_CORE_DISABLE_PROMPTS=1
export CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true
export CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK=true
export CLOUDSDK_CONFIG="$1/config"
# Above this size gcloud uploads resumably.
export CLOUDSDK_STORAGE_RESUMABLE_THRESHOLD=1048576

bucket="gs://gcloud-test"
head -c 3000000 /dev/urandom >"$1/large.bin"
printf 'hello' >"$1/small.txt"

gcloud storage buckets create "$bucket"
gcloud storage cp "$1/small.txt" "$1/large.bin" "$bucket/folder/"
test "$(gcloud storage cat "$bucket/folder/small.txt")" = hello
test "$(gcloud storage ls "$bucket/folder/")" = "$bucket/folder/large.bin
$bucket/folder/small.txt"
gcloud storage cp "$bucket/folder/large.bin" "$1/back.bin"
cmp "$1/large.bin" "$1/back.bin"
gcloud storage cp "$bucket/folder/large.bin" "$bucket/copy.bin"
gcloud storage objects describe "$bucket/copy.bin" --format='value(size)' | grep -qx 3000000
gcloud storage rm "$bucket/folder/small.txt"
if gcloud storage cat "$bucket/folder/small.txt"; then exit 1; fi
gcloud storage rm --recursive "$bucket"
echo ok
