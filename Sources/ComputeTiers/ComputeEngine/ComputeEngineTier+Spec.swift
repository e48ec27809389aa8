import GoogleCloud
public import SignalboxCore

extension ComputeEngineTier {
    /// As the table says, of the machine that runs there. Accelerators that are part of a machine type are in its
    /// price.
    public func price(of place: Place, in table: PriceTable) -> Double? {
        var place = locations.whole(place, machine: machines.machine)
        if let machineType = place.machineType, InstanceSpec.hasBuiltInAccelerators(machineType) {
            place.machine = machineType
        }
        return table.usdPerHour(place)
    }

    /// The machine of an order.
    func spec(_ order: RunOrder, as name: ResourceName) throws(TierError) -> InstanceSpec {
        let place = locations.whole(order.place, machine: machines.machine)
        guard let machineType = place.machineType else {
            throw TierError(.invalidOrder, "\(order.place) names no machine; set SIGNALBOX_COMPUTE_MACHINE or name one")
        }
        guard place.hasMachineAccelerators else {
            throw TierError(.invalidOrder, "\(order.place): accelerators are written nvidia-tesla-t4:1")
        }
        let range = ComputeEngineMachines.durationSecondsMin...ComputeEngineMachines.durationSecondsMax
        guard order.runSecondsMax > 0, range.contains(order.machineSecondsMax) else {
            throw TierError(
                .invalidOrder,
                "\(order.runSecondsMax) s is no time limit of a machine of Compute Engine's: 119 days at most"
            )
        }
        var metadata = try scripts(order, as: name, hasGPU: Self.hasGPU(place)).metadata
        // Container-Optimized OS sends its log to Cloud Logging only where it is told to.
        metadata["google-logging-enabled"] = "true"
        return InstanceSpec(
            machineType: machineType,
            accelerators: place.accelerators.map { InstanceSpec.Accelerators(type: $0.type, count: $0.count) },
            labels: try container.labels(for: order),
            tags: [MachineNetwork.tag],
            metadata: metadata,
            serviceAccount: container.serviceAccount,
            disk: InstanceSpec.BootDisk(image: machines.image, sizeGB: machines.diskGB, type: machines.diskType),
            network: machines.network.network,
            subnetwork: machines.network.subnetwork,
            hasExternalAddress: machines.network.hasExternalAddress,
            isSpot: place.provisioning == .spot,
            runSecondsMax: order.machineSecondsMax
        )
    }

    private func scripts(
        _ order: RunOrder,
        as name: ResourceName,
        hasGPU: Bool
    ) throws(TierError) -> MachineScripts {
        guard let report = reports.name(of: order.name) else {
            throw TierError(.invalidOrder, "\(order.name) is no name of a run")
        }
        return MachineScripts(
            run: order.name,
            container: container,
            arguments: container.arguments(for: order),
            options: [],
            hasGPU: hasGPU,
            isSpot: order.place.provisioning == .spot,
            runSecondsMax: order.runSecondsMax,
            report: report,
            deletionURL: "\(ComputeEngine.standardEndpoint)/compute/v1/\(name)"
        )
    }

    /// Whether a machine has NVIDIA's accelerators: those of a place, or those of the families a and g.
    private static func hasGPU(_ place: Place) -> Bool {
        !place.accelerators.isEmpty || place.machineType.map { InstanceSpec.hasBuiltInAccelerators($0) } ?? false
    }
}
