import Foundation
import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// Staging is changed at every request that the intake makes of storage: nothing is kept but what it verified.
    @Suite struct TamperTests {
        /// Requests of one event.
        private static let requestsMax = 60

        @Test(arguments: ["archive.zip", "manifest.dsse.json"])
        func whatIsKeptIsWhatWasVerified(name: String) async throws {
            try await FunctionBench.with { bench in
                let episodes = try bench.work.episodes(2, as: "episodes")
                var codes: Set<String> = []
                for request in 1...Self.requestsMax {
                    let place = try await bench.stage(robot: "robot-\(request)", episodes: episodes)
                    guard let code = try await judge(place, replacing: place.object(name), at: request, bench) else {
                        break
                    }
                    codes.insert(code)
                    try await checkKept(place, code, bench)
                }
                #expect(codes.isSuperset(of: ["object_superseded", "package_accepted"]), "\(codes)")
            }
        }

        /// Has a package judged, one of whose objects loses a bit right before a request.
        ///
        /// - Returns: what it came to; nil where so many requests were not made.
        private func judge(
            _ place: PackageLocation,
            replacing object: ObjectName,
            at number: Int,
            _ bench: FunctionBench
        ) async throws -> String? {
            var bytes = try await bench.objects.bytes(of: object, bytesMax: 64 << 20).bytes
            bytes[bytes.count / 2] ^= 1
            let changed = bytes
            let objects = bench.objects
            let wasReached = SharedFlag()
            let proxy = try FaultProxy(to: bench.port) { request in
                guard request == number else { return .pass }
                let done = DispatchSemaphore(value: 0)
                Task {
                    _ = try? await objects.write(
                        object,
                        .bytes(changed),
                        contentType: "application/octet-stream",
                        metadata: [:],
                        if: .none
                    )
                    wasReached.set()
                    done.signal()
                }
                done.wait()
                return .pass
            }
            defer { proxy.stop() }
            let event = FunctionBench.finalized(place.object(PackageLocation.manifestName))
            let path = try bench.event("tamper-\(place.robotID).json", event)
            let child = try bench.start("gcs-upload", ["--event", path], try bench.environment(storage: proxy.host))
            try #require(try await child.wait("gcs-upload") == .exit(0), "\(child.output) \(child.errors)")
            guard wasReached.isSet else { return nil }
            return try JSONReader(JSON(parsing: child.output))["body"]["detail"]["code"].string()
        }

        private func checkKept(_ place: PackageLocation, _ code: String, _ bench: FunctionBench) async throws {
            let folder = bench.work / "package-\(place.robotID)"
            let genuine = try ["archive.zip", "manifest.dsse.json"].map { name in
                try FileIO.read("\(folder)/\(name)", bytesMax: 64 << 20)
            }
            let kept = try await bench.objects.listAll(
                bucket: LocalStack.layout.trainingBucket,
                prefix: "datasets/\(place.packageID)/"
            )
            for object in kept {
                let bytes = try await bench.objects.bytes(of: object.name, bytesMax: 64 << 20).bytes
                #expect(genuine.contains(bytes), "\(code): \(object.name) is not what was signed")
            }
            let record = try await bench.documents.get(PackageRecord.path(of: place.packageID))
            #expect((record?.fields["status"] == .string("accepted")) == (code == "package_accepted"), "\(code)")
            if code == "package_accepted" { #expect(kept.count == 2) }
            if code == "object_superseded" { #expect(record == nil) }
        }
    }
}
