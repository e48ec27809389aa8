import SignalboxCore
import Wire

/// How a job is named on the command line: by its own id, or by its package's.
struct JobReference {
    private let text: String

    init(_ text: String) { self.text = text }

    /// The job's id.
    ///
    /// - Throws: ``CommandError`` `not_found` for a package that opened no job.
    func resolve(_ backend: Backend) async throws -> String {
        guard Slug.isWellFormed(text) else {
            throw CommandError(.argumentUnusable, "\"\(text)\" is the id of no job and no package")
        }
        guard PackageID.isWellFormed(text) else { return text }
        guard let record = try await backend.documents().get(PackageRecord.path(of: text)) else {
            throw CommandError(.notFound, "there is no package \(text): was it uploaded?")
        }
        guard case .string(let job) = record.fields["job_id"] else {
            let code = record.fields["code"]?.plain.stringValue ?? "no code"
            throw CommandError(.notFound, "the package \(text) opened no job: it was refused (\(code))")
        }
        return job
    }
}
