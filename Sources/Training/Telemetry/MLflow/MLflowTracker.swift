public import Wire

/// An MLflow server, through its REST API 2.0 (https://mlflow.org/docs/latest/rest-api.html).
///
/// MLflow names its runs itself: an attempt finds the run of its job by the tag `signalbox.job_id` and goes on with it.
public struct MLflowTracker: Tracker {
    /// The tag that tells which job a run is of.
    public static let jobTag = "signalbox.job_id"

    /// What people call it.
    public let name = "MLflow"

    private let api: MLflowAPI
    private let experiment: String

    /// A server.
    public init(_ settings: MLflowSettings, transport: any HTTPTransport) {
        api = MLflowAPI(settings, transport: transport)
        experiment = settings.experiment
    }

    /// Finds or makes the experiment and the job's run, and logs parameters and tags.
    public func open(_ run: TrackedRun) async throws(TrackerError) -> String {
        let experimentID = try await experimentID()
        let runID: String
        if let known = try await knownRun(of: run.jobID, in: experimentID) {
            runID = known
            _ = try await api.post("runs/update", ["run_id": .string(known), "status": "RUNNING"])
        } else {
            let created = try await api.post(
                "runs/create",
                [
                    "experiment_id": .string(experimentID),
                    "run_name": .string(run.jobID),
                    "start_time": Self.milliseconds(run.startedAt),
                    "tags": [Self.pair(Self.jobTag, run.jobID)],
                ]
            )
            runID = try api.text(created, "/run/info/run_id")
        }
        _ = try await api.post(
            "runs/log-batch",
            [
                "run_id": .string(runID),
                "params": Self.pairs(run.parameters, countMax: MLflowAPI.parametersMax),
                "tags": Self.pairs(run.tags, countMax: MLflowAPI.tagsMax),
            ]
        )
        return runID
    }

    /// One `log-batch`.
    public func log(_ points: [MetricPoint], to run: String) async throws(TrackerError) {
        let metrics = points.map { point -> JSON in
            [
                "key": .string(MLflowAPI.key(point.name)),
                "value": MLflowAPI.number(point.value),
                "timestamp": Self.milliseconds(point.time),
                "step": .integer(Int64(point.step)),
            ]
        }
        _ = try await api.post("runs/log-batch", ["run_id": .string(run), "metrics": .array(metrics)])
    }

    /// `runs/update`. A run that another attempt goes on with is `SCHEDULED` until then and has no end.
    public func close(_ run: String, as status: RunStatus, at time: Timestamp) async throws(TrackerError) {
        var members: [String: JSON] = ["run_id": .string(run)]
        switch status {
        case .completed: members["status"] = "FINISHED"
        case .failed: members["status"] = "FAILED"
        case .running, .preempted, .ended, .lost: members["status"] = "SCHEDULED"
        }
        if status == .completed || status == .failed { members["end_time"] = Self.milliseconds(time) }
        _ = try await api.post("runs/update", .object(members))
    }

    private func experimentID() async throws(TrackerError) -> String {
        if let known = try await knownExperiment() { return known }
        let made = try await api.exchange("POST", "experiments/create", ["name": .string(experiment)])
        if made.status == 200 { return try api.text(made.body, "/experiment_id") }
        // Another run may have made it meanwhile.
        if let known = try await knownExperiment() { return known }
        throw api.error(made)
    }

    private func knownExperiment() async throws(TrackerError) -> String? {
        let path = "experiments/get-by-name?experiment_name=\(PercentEncoding.encode(experiment))"
        let found = try await api.exchange("GET", path, nil)
        if found.status == 404 { return nil }
        guard found.status == 200 else { throw api.error(found) }
        return try api.text(found.body, "/experiment/experiment_id")
    }

    private func knownRun(of jobID: String, in experimentID: String) async throws(TrackerError) -> String? {
        let found = try await api.post(
            "runs/search",
            [
                "experiment_ids": [.string(experimentID)],
                // A job's id has no quotes.
                "filter": .string("tags.`\(Self.jobTag)` = '\(jobID)'"),
                "order_by": ["attributes.start_time ASC"],
                "max_results": 1,
            ]
        )
        guard case .array(let runs)? = found["runs"], let first = runs.first else { return nil }
        return try api.text(first, "/info/run_id")
    }

    private static func milliseconds(_ time: Timestamp) -> JSON {
        .integer(time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000)
    }

    private static func pair(_ key: String, _ value: String) -> JSON {
        ["key": .string(MLflowAPI.key(key)), "value": .string(String(value.prefix(MLflowAPI.valueLettersMax)))]
    }

    private static func pairs(_ values: [String: String], countMax: Int) -> JSON {
        .array(values.sorted { $0.key < $1.key }.prefix(countMax).map { pair($0.key, $0.value) })
    }
}
