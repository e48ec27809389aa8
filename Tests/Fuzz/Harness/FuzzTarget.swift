import Glibc
import Wire

/// One reader of what strangers send: fed with bytes it must neither crash, nor hang, nor break what it promises.
///
/// Adding one is a file with a static member, its line in ``all``, and a folder `Tests/Fuzz/corpus/NAME`.
struct FuzzTarget: Sendable {
    /// The name on the command line and of the corpus.
    let name: String
    /// Reads the bytes; ends the process through ``require(_:_:)`` where a promise is broken.
    let run: @Sendable ([UInt8]) -> Void

    /// All targets.
    static let all: [FuzzTarget] = [
        .json, .manifest, .keyring, .zip, .tarZstd, .firestoreProtobuf, .firestoreJSON, .ed25519, .httpSignature,
        .tfRecord,
        .tfExample, .episodeFile, .episodeSteps,
    ]
}

/// Ends the process, which libFuzzer takes for a find, where a promise is broken.
func require(_ promise: Bool, _ message: @autoclosure () -> String) {
    guard !promise else { return }
    FileIO.writeLine("broken promise: \(message())", to: STDERR_FILENO)
    abort()
}
