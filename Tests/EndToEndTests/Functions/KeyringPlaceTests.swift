import SignalboxCore
import Testing
import Wire

extension EndToEnd {
    /// The upload function with its keyring in a bucket of the embedded cloud.
    @Suite struct KeyringPlaceTests {
        private static let object = LocalStack.layout.object("keys/keyring.json")
        private static let root = Ed25519PrivateKey(seed: [UInt8](repeating: 5, count: Ed25519PrivateKey.byteCount))

        @Test func aSignedKeyringInABucketDecidesAndATamperedOneDoesNot() async throws {
            try await FunctionBench.with { bench in
                let root = try #require(Self.root)
                let roots = try KeyringRoots(threshold: 1, keys: ["root": root.publicKey])
                try FileIO.write(roots.json.bytes, to: bench.work / "roots.json")
                var environment = try bench.environment()
                environment["SIGNALBOX_KEYRING"] = Self.object.uri
                environment["SIGNALBOX_KEYRING_ROOTS"] = bench.work / "roots.json"
                environment["SIGNALBOX_KEYRING_SECONDS_MAX"] = "1"
                var keyring = try Keyring(parsing: FileIO.read(bench.work / "keyring.json", bytesMax: 1 << 20))
                keyring.version = 1
                let (function, url) = try await bench.serve("gcs-upload", environment)

                let episodes = try bench.work.episodes(2, as: "episodes")
                let place = try await bench.stage(robot: "robot-1", episodes: episodes)
                #expect(try await post(place, url, bench) == "503 keyring_unavailable")
                // Whoever can write the bucket cannot add a key.
                for (bytes, code) in [
                    (keyring.json.bytes, "keyring_unsigned"),
                    (keyring.signed(by: [(try Self.stranger(), "root")]).bytes, "keyring_bad_signature"),
                    (keyring.signed(by: [(try Self.stranger(), "who")]).bytes, "keyring_threshold"),
                    (
                        Keyring(version: 2, expiresAt: Timestamp(seconds: 0)).signed(by: [(root, "root")]).bytes,
                        "keyring_expired"
                    ),
                ] {
                    try await put(bytes, bench)
                    #expect(try await post(place, url, bench) == "503 \(code)")
                }
                keyring.version = 7
                try await put(keyring.signed(by: [(root, "root")]).bytes, bench)
                #expect(try await post(place, url, bench) == "200 package_accepted")
                // An old one is no way back, once the new one's second is over.
                keyring.version = 6
                try await put(keyring.signed(by: [(root, "root")]).bytes, bench)
                try await eventually("the older keyring is refused") {
                    try await post(place, url, bench) == "503 keyring_rolled_back"
                }
                function.signal(15)
                #expect(try await function.wait("gcs-upload") == .exit(0))
            }
        }

        @Test func aFunctionThatIsToBelieveAnUnsignedBucketDoesNotStart() async throws {
            try await FunctionBench.with { bench in
                for place in [Self.object.uri, "projects/p/secrets/keyring/versions/latest"] {
                    var environment = try bench.environment()
                    environment["SIGNALBOX_KEYRING"] = place
                    let child = try bench.start("gcs-upload", [], environment)
                    #expect(try await child.wait("gcs-upload") == .exit(78))
                    #expect(child.errors.contains("SIGNALBOX_KEYRING_ROOTS"), "\(child.errors)")
                }
            }
        }

        private static func stranger() throws -> Ed25519PrivateKey {
            try Ed25519PrivateKey(random: SystemRandomSource())
        }

        private func put(_ bytes: [UInt8], _ bench: FunctionBench) async throws {
            _ = try await bench.objects.write(
                Self.object,
                .bytes(bytes),
                contentType: "application/json",
                metadata: [:],
                if: .none
            )
        }

        /// Status and code of the function's answer to a package's event.
        private func post(_ place: PackageLocation, _ url: String, _ bench: FunctionBench) async throws -> String {
            let event = FunctionBench.finalized(place.object("archive.zip"))
            let response = try await bench.transport.send(FunctionBench.delivery(of: event, to: url))
            let answer = JSONReader(try JSON(parsing: try await response.body.collect(bytesMax: 1 << 20)))
            let code = answer["code"].value.stringValue ?? answer["detail"]["code"].value.stringValue ?? "?"
            return "\(response.status) \(code)"
        }
    }
}
