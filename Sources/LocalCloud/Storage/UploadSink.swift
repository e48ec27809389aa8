import Wire

/// How far an upload has come: so many bytes, and the checksums over them.
struct UploadProgress: Sendable {
    var size: Int64 = 0
    var crc32c = CRC32C()
    var md5 = MD5()

    /// Adds bytes to the size and the checksums.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        size += Int64(bytes.count)
        crc32c.update(bytes)
        md5.update(bytes)
    }
}

/// Takes an object's bytes as they come: to a file, and through both checksums.
struct UploadSink: Sendable {
    let file: OpenFile
    /// All that came.
    private(set) var progress: UploadProgress
    /// The state at the last multiple of ``LocalCloudLimits/uploadGranuleBytes``, from where an upload can be resumed.
    private(set) var resumable: UploadProgress

    /// Goes on from a state.
    init(file: OpenFile, progress: UploadProgress = UploadProgress()) {
        self.file = file
        self.progress = progress
        resumable = progress
    }

    /// Takes bytes.
    ///
    /// - Throws: ``StorageError`` beyond ``LocalCloudLimits/objectBytesMax``; ``FileError``.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        guard progress.size + Int64(bytes.count) <= LocalCloudLimits.objectBytesMax else {
            throw StorageError(status: 413, reason: .uploadTooLarge, message: "the object is longer than 5 TiB")
        }
        try bytes.withUnsafeBytes { raw in
            try file.write(raw, at: progress.size)
            var rest = raw
            while !rest.isEmpty {
                let granule = LocalCloudLimits.uploadGranuleBytes
                let room = Int(granule - progress.size % granule)
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
                progress.update(piece)
                if progress.size % granule == 0 { resumable = progress }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(room))
            }
        }
    }
}
