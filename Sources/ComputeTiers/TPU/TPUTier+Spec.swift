import GoogleCloud
public import SignalboxCore

extension TPUTier {
    /// As the table says, of the type that runs there.
    public func price(of place: Place, in table: PriceTable) -> Double? {
        table.usdPerHour(locations.whole(place, machine: machines.type))
    }

    /// The queued resource of an order.
    func spec(_ order: RunOrder, as name: ResourceName) throws(TierError) -> QueuedResourceSpec {
        let type = order.place.machine ?? machines.type
        guard TPUMachines.isOneMachine(type) else {
            throw TierError(
                .invalidOrder,
                "\(order.place): \(type) is no accelerator type of one machine, such as v5litepod-8"
            )
        }
        guard (1...TPUMachines.runSecondsMax).contains(order.runSecondsMax) else {
            throw TierError(.invalidOrder, "\(order.runSecondsMax) s is no time limit of a run: 120 days at most")
        }
        guard let report = reports.name(of: order.name) else {
            throw TierError(.invalidOrder, "\(order.name) is no name of a run")
        }
        let isSpot = order.place.provisioning == .spot
        let scripts = MachineScripts(
            run: order.name,
            container: container,
            arguments: container.arguments(for: order),
            // The chips are devices of the host's (https://cloud.google.com/tpu/docs/run-in-container).
            options: ["--privileged"],
            hasGPU: false,
            isSpot: isSpot,
            runSecondsMax: order.runSecondsMax,
            report: report,
            deletionURL: "\(CloudTPU.standardEndpoint)/v2/\(name)?force=true"
        )
        return QueuedResourceSpec(
            acceleratorType: type,
            runtimeVersion: machines.runtime(of: type),
            labels: try container.labels(for: order),
            tags: [MachineNetwork.tag],
            metadata: scripts.metadata,
            serviceAccount: container.serviceAccount,
            network: machines.network.network,
            subnetwork: machines.network.subnetwork,
            hasExternalAddress: machines.network.hasExternalAddress,
            isSpot: isSpot,
            queueSecondsMax: machines.queueSecondsMax
        )
    }
}
