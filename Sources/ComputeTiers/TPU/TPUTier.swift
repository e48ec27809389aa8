public import GoogleCloud
public import SignalboxCore

/// Cloud TPU: a run is a queued resource of one node, whose machine deletes both when its trainer has ended.
///
/// A place is `tpu[/ZONE[/TYPE[/PROVISIONING]]]`; a type is an accelerator type of one machine, `v5litepod-8`. The
/// queued resource and its node have the run's name, which is unique in a zone; the handle is the queued resource's
/// name.
///
/// The API has no time limit for a node: the machine's own script keeps the run's, and the lifecycle cancels a run that
/// is still there behind it. Nor does it stop Spot nodes: deletion alone ends them, and has the machine's shutdown
/// script tell the trainer to write a checkpoint. That a node is there does not say whether its trainer runs: that is
/// told by its ``ExitReports``.
public struct TPUTier: ComputeTier {
    /// The tier's name.
    public let name = "tpu"

    let service: CloudTPU
    let container: TrainerContainer
    let locations: TierLocations
    let machines: TPUMachines
    let reports: ExitReports

    /// A tier of its parts.
    public init(
        service: CloudTPU,
        container: TrainerContainer,
        locations: TierLocations,
        machines: TPUMachines,
        reports: ExitReports
    ) {
        self.service = service
        self.container = container
        self.locations = locations
        self.machines = machines
        self.reports = reports
    }

    /// The tier that the environment configures; nil where `SIGNALBOX_TPU_ZONE` is not set.
    ///
    /// - Parameter endpoint: where the API is.
    /// - Throws: `ConfigurationError`.
    public static func configured(
        _ environment: Environment,
        google: GoogleCloudEnvironment,
        context: ServiceContext,
        endpoint: String = CloudTPU.standardEndpoint
    ) throws(ConfigurationError) -> TPUTier? {
        guard let locations = try TierLocations(environment, "SIGNALBOX_TPU_ZONE") else { return nil }
        let project = try google.requiredProject()
        let service = CloudTPU(
            project: project,
            endpoint: endpoint,
            credentials: try google.credentials(context),
            context: context
        )
        return TPUTier(
            service: service,
            container: try TrainerContainer(environment),
            locations: locations,
            machines: try TPUMachines(environment),
            reports: try ExitReports(environment, objects: try google.storage(context))
        )
    }

    /// Queues an order under the run's name, so that the service takes it once.
    public func launch(_ order: RunOrder) async throws(TierError) -> String {
        let name = try resourceName(order.name, in: try locations.location(of: order.place))
        let spec = try spec(order, as: name)
        if let handle = try await find(order.name, at: order.place) { return handle }
        // Names of runs are another deployment's too, whose order would be taken for this one.
        let requestID = RequestID.uuid(for: "\(container.deployment)/\(name)")
        do throws(APIError) {
            try await service.create(spec, as: name, requestID: requestID)
        } catch {
            guard error.code == .alreadyExists else { throw TierError(error) }
            try await adopt(name)
        }
        return name.description
    }

    /// The queued resource that has the run's name, where it is this deployment's; one that is gone and has reported
    /// counts.
    public func find(_ runName: String, at place: Place) async throws(TierError) -> String? {
        let name = try resourceName(runName, in: try locations.location(of: place))
        guard let resource = try await resource(name) else {
            return try await reports.report(of: runName).map { _ in name.description }
        }
        return resource.labels[TrainerContainer.Label.run] == runName ? name.description : nil
    }

    /// How a run is: by its queued resource, its node and its report.
    public func inspect(_ handle: String) async throws(TierError) -> RunState {
        let name = try Self.resourceName(handle)
        guard let resource = try await resource(name) else {
            return try await reports.report(of: name["queuedResources"])?.state ?? .gone
        }
        return try await state(of: resource)
    }

    /// Deletes the queued resource with its node. The node's shutdown script has the trainer write a checkpoint. One of
    /// another deployment's, which took the name when the run's was gone, is left alone.
    public func cancel(_ handle: String) async throws(TierError) {
        let name = try Self.resourceName(handle)
        do throws(APIError) {
            guard let resource = try await service.queuedResource(name), isOurs(resource), resource.state != .deleting
            else { return }
            try await service.delete(name)
        } catch {
            // It deleted itself between the two calls.
            guard error.code == .notFound else { throw TierError(error) }
        }
    }

    /// The queued resources of this deployment, over or not, in all zones of the tier.
    public func runs() async throws(TierError) -> [TierRun] {
        var runs: [TierRun] = []
        for zone in locations.all {
            let resources = try await TierError.translating { () throws(APIError) in
                try await service.queuedResources(in: zone)
            }
            for resource in resources where isOurs(resource) {
                guard let run = resource.labels[TrainerContainer.Label.run] else { continue }
                // One that cannot be told more of is still there, and hides no other.
                let state = (try? await state(of: resource)) ?? .running
                runs.append(TierRun(name: run, handle: resource.name.description, state: state))
            }
        }
        return runs
    }
}

extension TPUTier {
    /// Makes sure that a name which is taken already is taken by a run of ours.
    private func adopt(_ name: ResourceName) async throws(TierError) {
        let resource = try await TierError.translating { () throws(APIError) in
            try await service.queuedResource(name)
        }
        guard let resource else { throw TierError(.unreachable, "\(name) was there a moment ago: look again") }
        guard isOurs(resource) else {
            throw TierError(.invalidOrder, "\(name) is there already, and not of this deployment: use another project")
        }
    }

    /// The queued resource of a name, where it is this deployment's.
    private func resource(_ name: ResourceName) async throws(TierError) -> QueuedResource? {
        let resource = try await TierError.translating { () throws(APIError) in
            try await service.queuedResource(name)
        }
        return resource.flatMap { isOurs($0) ? $0 : nil }
    }

    private func isOurs(_ resource: QueuedResource) -> Bool {
        resource.labels[TrainerContainer.Label.deployment] == container.deployment
    }

    private func resourceName(_ runName: String, in zone: String) throws(TierError) -> ResourceName {
        guard TrainerContainer.isRunName(runName), let name = service.resourceName(runName, in: zone) else {
            throw TierError(.invalidOrder, "\(runName) is no name of a run")
        }
        return name
    }

    private static func resourceName(_ handle: String) throws(TierError) -> ResourceName {
        guard let name = QueuedResource.resourceName(handle) else {
            throw TierError(.invalidOrder, "\(handle) is not projects/P/locations/Z/queuedResources/Q")
        }
        return name
    }
}
