import SignalboxCore
import Wire

/// Robots that upload packages, and the function that judges them.
extension FleetWorld {
    /// The packages of this schedule.
    var packages: ArraySlice<FleetPackage> { FleetPackage.all.prefix(schedule.jobCount) }

    func planUploads() {
        for package in packages {
            upload(package, after: random.within(0...60), isTampered: hit(.uploadTampered))
            if hit(.uploadAgain) {
                let later = faults.random(.uploadAgain, 0...schedule.chaosSeconds)
                upload(package, after: later, isTampered: hit(.uploadTampered))
            }
            // In the end every robot has sent what it has, and nothing that was sent before comes after it.
            upload(package, after: schedule.chaosSeconds + Self.lastUploadSeconds, isTampered: false)
        }
    }

    /// From the end of the faults to the last upload: what was on its way by then has come.
    private static let lastUploadSeconds = 60

    private func upload(_ package: FleetPackage, after seconds: Int, isTampered: Bool) {
        let objects = [
            (
                package.location.object(PackageLocation.archiveNames[0]),
                isTampered ? package.tamperedArchive : package.archive
            ),
            (package.location.object(PackageLocation.manifestName), package.envelope),
        ]
        let ordered = random.chance(0.5) ? objects : objects.reversed()
        errand(after: seconds) { process in
            for (name, bytes) in ordered { await Self.put(name, bytes, as: process) }
        }
    }

    /// A robot tries until it is done; what failed while there were faults it leaves to the last upload.
    private static func put(_ name: ObjectName, _ bytes: [UInt8], as process: SimulatedProcess) async {
        let isLast = process.world.isClear
        while !process.isDead, isLast || !process.world.isClear {
            do {
                _ = try await process.objects.write(
                    name,
                    .bytes(bytes),
                    contentType: "application/octet-stream",
                    metadata: [:],
                    if: .none
                )
                return
            } catch {
                try? await process.clock.sleep(for: .seconds(30))
            }
        }
    }

    /// A package's document was written.
    func packageChanged(_ document: Document) async {
        guard document.fields["status"] == .string(Receipt.Status.accepted.rawValue) else { return }
        guard case .string(let jobID) = document.fields["job_id"], let job = jobs[jobID],
            (try? await documents.get(Job.path(of: jobID))) != nil
        else { return fail(.packageHasJob, "\(document.path) is accepted without a job") }
        guard case .string(let uri) = job.facts.fields["episodes_uri"], let archive = ObjectName(uri: uri),
            let package = FleetPackage.all.first(where: { $0.location.packageID == document.id }),
            let kept = try? await objects.bytes(of: archive, bytesMax: 1 << 20).bytes, kept == package.archive
        else { return fail(.packageHasJob, "\(document.path) is accepted, and other bytes are kept") }
    }

    /// A package of a robot that has no job yet.
    var waitingPackage: String? {
        guard schedule.usesIntake else { return nil }
        return packages.first { package in
            !jobs.all.contains { $0.facts.text("package_id") == package.location.packageID }
        }?.location.packageID
    }
}
