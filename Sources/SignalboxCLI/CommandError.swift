import ArgumentParser
import GoogleCloud
import LocalCloud
import SignalboxCore
import Wire

/// How the program ends (sysexits.h where it has a word for it); `docs/cli.md` lists them for people.
enum ExitStatus: Int32 {
    /// Refused, failed, or there is no such thing.
    case failed = 1
    /// A service cannot be reached.
    case unavailable = 69
    /// The same command may work later.
    case tryAgain = 75
    /// The credentials may not do this, or there are none.
    case noPermission = 77
    /// A setting is missing or malformed.
    case configuration = 78
}

/// A command could not do its work.
struct CommandError: Error {
    /// The commands' own reasons; those of the layers below keep their own codes.
    enum Code: String, CaseIterable {
        /// There is no such job, model, package or file.
        case notFound = "not_found"
        /// The package was refused.
        case packageRefused = "package_refused"
        /// The job ended without a model.
        case jobFailed = "job_failed"
        /// The job is over: there is nothing to cancel.
        case jobOver = "job_over"
        /// The job is completed: there is nothing to try again.
        case jobCompleted = "job_completed"
        /// The job is not over: it goes on by itself.
        case jobNotOver = "job_not_over"
        /// The failed job's document has no room for another opening.
        case recoveriesFull = "recoveries_full"
        /// Nothing came within the time that was given.
        case timedOut = "timed_out"
        /// Somebody else is at work on the same thing.
        case busy
        /// A file is there already and stays as it is.
        case fileExists = "file_exists"
        /// A file cannot be read, written or understood.
        case fileUnusable = "file_unusable"
        /// An argument names nothing that there is.
        case argumentUnusable = "argument_unusable"
        /// Nobody said yes to what only a person may decide.
        case notConfirmed = "not_confirmed"
        /// A process of the local cloud did not start or does not answer.
        case localProcess = "local_process"
    }

    let code: String
    let message: String
    let status: ExitStatus

    init(_ code: Code, _ message: String) {
        self.code = code.rawValue
        self.message = message
        status =
            switch code {
            case .timedOut, .busy: .tryAgain
            case .localProcess: .unavailable
            default: .failed
            }
    }

    private init(_ code: String, _ message: String, _ status: ExitStatus) {
        self.code = code
        self.message = message
        self.status = status
    }

    /// What any layer threw; nil for what the argument parser throws to end the program in its own way.
    init?(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as StoreError: self.init(error)
        case let error as LedgerError: self.init(error)
        case let error as ModelInstallError: self.init(error)
        case let error as Refusal: self.init(error.code.rawValue, error.message, .failed)
        case let error as PackageError: self.init(error.code.rawValue, error.message, .failed)
        case let error as ConfigurationError: self.init("configuration", error.description, .configuration)
        case let error as KeyError: self.init(error.code.rawValue, error.message, .configuration)
        case let error as KeyringError:
            self.init(error.code.rawValue, error.message, error.code == .unavailable ? .unavailable : .configuration)
        case let error as KeyChangeError: self.init(error.code.rawValue, error.message, .failed)
        case let error as FileIO.Failure: self.init(Code.fileUnusable.rawValue, error.description, .failed)
        case let error as HTTPClientError: self.init(error.code.rawValue, error.message, .unavailable)
        case let error as LocalCloudError: self.init(error)
        case let error as UploadAPIError: self.init(error)
        case let error as HTTPSignatureError: self.init(error.code.rawValue, error.message, .failed)
        case is CancellationError: self.init("cancelled", "interrupted", .tryAgain)
        case is CleanExit, is ExitCode, is ValidationError: return nil
        default:
            // The parser's own errors have no common public type; they are the only others that get here.
            guard Self.isOurs(error) else { return nil }
            self.init("unexpected", "\(error)", .failed)
        }
    }

    private static func isOurs(_ error: any Error) -> Bool {
        !String(reflecting: type(of: error)).hasPrefix("ArgumentParser")
    }

    private init(_ error: StoreError) {
        let status: ExitStatus =
            switch error.code {
            case .unauthenticated, .permissionDenied: .noPermission
            case .unavailable: .unavailable
            case .aborted, .resourceExhausted, .cancelled, .preconditionFailed: .tryAgain
            case .notFound, .alreadyExists, .invalidArgument, .outOfRange, .tooLarge, .dataLoss: .failed
            }
        self.init(error.code.rawValue, error.message, status)
    }

    private init(_ error: UploadAPIError) {
        let status: ExitStatus =
            switch error.status {
            case 401, 403: .noPermission
            case 409 where error.code == ProblemCode.uploadInProgress.rawValue: .tryAgain
            case 429: .tryAgain
            case 500...: .unavailable
            default: .failed
            }
        self.init(error.code, error.message, status)
    }

    private init(_ error: LedgerError) {
        switch error {
        case .noSuchJob(let id): self.init(.notFound, "there is no job \(id): see `signalbox jobs list`")
        case .malformed(let error): self.init("job_malformed", error.description, .failed)
        case .store(let error): self.init(error)
        }
    }

    private init(_ error: ModelInstallError) {
        if let cause = error.cause as? StoreError {
            self.init(cause)
        } else {
            self.init(error.code.rawValue, error.message, error.code == .installBusy ? .tryAgain : .failed)
        }
    }

    private init(_ error: LocalCloudError) {
        let status: ExitStatus =
            switch error.code {
            case .stateDirectoryInUse: .tryAgain
            case .addressUnusable: .unavailable
            case .invalidConfiguration, .stateDirectoryUnusable, .databaseUnusable: .configuration
            case .wrongState: .failed
            }
        self.init(error.code.rawValue, error.message, status)
    }
}
