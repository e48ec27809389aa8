import Foundation
import Testing

extension EndToEnd {
    /// A local cloud of which a program is of no use.
    @Suite struct BrokenProgramTests {
        /// What stands in a function's place: something that cannot be executed.
        @Test func aFunctionThatDoesNotStartIsNamed() async throws {
            try await WorkFolder.with { work in
                let programs = work / "bin"
                try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
                for name in ["gcs-upload", "scheduled-prune", "api", "trainer"] {
                    try FileManager.default.createSymbolicLink(
                        atPath: programs + "/" + name,
                        withDestinationPath: try Repository.program(name)
                    )
                }
                let broken = programs + "/firestore-job"
                try Data("#!\(work / "no interpreter")\n".utf8).write(to: URL(filePath: broken))
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: broken)
                let mark = try ProcessMark()
                let environment = ["PATH": "/usr/bin:/bin", "HOME": work.path, ProcessMark.variable: mark.value]
                let up = try ChildProcess(
                    Repository.program("signalbox"),
                    ["local", "up", "--state", work / "state", "--bin-dir", programs],
                    environment: environment,
                    folder: work.path,
                    log: work / "up"
                )
                let ending = try await up.wait("signalbox local up")
                #expect(ending == .exit(69), "\(up.errors)")
                #expect(up.errors.contains("local_process: \(broken)"), "\(up.errors)")
                // What had started by then is stopped.
                #expect(await mark.end(withinSeconds: EndToEnd.stopSeconds).isEmpty)
            }
        }
    }
}
