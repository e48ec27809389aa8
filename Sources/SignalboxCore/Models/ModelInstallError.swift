/// A model version cannot be installed; what was installed before stays as it was.
public struct ModelInstallError: Error, Sendable, CustomStringConvertible {
    /// The closed list of reasons.
    public enum Code: String, Sendable, CaseIterable {
        /// The manifest is not signed by the models' key, or is none.
        case manifestRefused = "model_manifest_refused"
        /// The manifest is of another model or version than the registry says.
        case manifestMismatch = "model_manifest_mismatch"
        /// A file has other bytes than the manifest says.
        case fileMismatch = "model_file_mismatch"
        /// Something else is installed there.
        case installedDiffers = "model_installed_differs"
        /// Another install into the same folder is under way.
        case installBusy = "model_install_busy"
        /// The folder cannot be written.
        case folderUnwritable = "model_folder_unwritable"
        /// The store failed; the cause says how.
        case storeFailed = "model_store_failed"
    }

    /// The reason.
    public let code: Code
    /// Which file, and what to do next.
    public let message: String
    /// What lies beneath, where something does.
    public let cause: (any Error)?

    /// An error of a code.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// `model_file_mismatch: …`.
    public var description: String { "\(code.rawValue): \(message)" }
}
