public import Wire

extension Job {
    /// Beyond these a document was not written by us; what is reckoned with them stays far from any overflow.
    static let countMax = 1_000_000_000
    static let secondsMax = 366 * 86_400
    static let usdMax = 1e12

    /// Reads a job document.
    ///
    /// - Throws: `JSONTypeError` with the field's place.
    public init(_ document: Document) throws(JSONTypeError) {
        let reader = document.reader
        self.init(
            id: document.id,
            packageID: try reader["package_id"].string(),
            robotID: try reader["robot_id"].string(),
            config: try JobConfig(reader["config"]),
            dataset: try DatasetReference(reader["dataset"], episodesURI: reader["episodes_uri"]),
            now: try reader["created_at"].timestamp()
        )
        phase = try reader["phase"].known()
        attempt = try reader["attempt"].int(in: 0...Job.countMax)
        lease = try reader["lease"].optional.map { lease throws(JSONTypeError) in try Lease(lease) }
        placement = try reader["placement"].optional.map { place throws(JSONTypeError) in try Placement(place) }
        handle = try reader["handle"].optional?.string()
        isReleasing = try reader["releasing"].optional?.bool() ?? false
        progress = try reader["progress"].optional.map { progress throws(JSONTypeError) in try Progress(progress) }
        for recovery in try reader["recoveries"].optional?.array() ?? [] { recoveries.append(try Recovery(recovery)) }
        result = try reader["result"].optional.map { result throws(JSONTypeError) in try TrainingResult(result) }
        failure = try reader["error"].optional.map { error throws(JSONTypeError) in
            Failure(try error["code"].known(), try error["message"].string())
        }
        problem = try reader["problem"].optional.map { problem throws(JSONTypeError) in try Problem(problem) }
        refusals = try reader["refusals"].optional?.int(in: 0...Job.countMax) ?? 0
        notBefore = try reader["not_before"].optional?.timestamp()
        heldUntil = try reader["held_until"].optional?.timestamp()
        spentUSD = try reader["spent_usd"].optional.map { usd throws(JSONTypeError) in try usd.usd() } ?? 0
        canaryPassed = try reader["canary_passed"].optional?.bool()
        stopReason = try reader["stop_reason"].optional.map { reason throws(JSONTypeError) in try reason.known() }
        stopBy = try reader["stop_by"].optional?.timestamp()
        retryTier = try reader["retry"]["tier"].optional?.string()
        retrySpendMaxUSD = try reader["retry"]["spend_max_usd"].optional.map { usd throws(JSONTypeError) in
            try usd.usd()
        }
        cancelRequested = try reader["cancel_requested"].optional?.bool() ?? false
        updatedAt = try reader["updated_at"].timestamp()
    }

    /// All of the document's fields; null where there is nothing.
    public var fields: [String: DocumentValue] {
        [
            "robot_id": .string(robotID),
            "status": .string(phase.status.rawValue),
            "created_at": .timestamp(createdAt),
            "updated_at": .timestamp(updatedAt),
            "config": DocumentValue(plain: config.json),
            "episodes_uri": .string(dataset.archive.uri),
            "result": result.map { DocumentValue(plain: $0.json) } ?? .null,
            "package_id": .string(packageID),
            "phase": .string(phase.rawValue),
            "attempt": .integer(Int64(attempt)),
            "lease": lease?.value ?? .null,
            "tier": placement.map { .string($0.place.tier) } ?? .null,
            "provisioning": placement.map { .string($0.place.provisioning.rawValue) } ?? .null,
            "placement": placement?.value ?? .null,
            "handle": handle.map(DocumentValue.string) ?? .null,
            "releasing": .boolean(isReleasing),
            "recoveries": .array(recoveries.map(\.value)),
            "progress": progress?.value ?? .null,
            "error": failure.map {
                .map(["code": .string($0.code.rawValue), "message": .string($0.message)])
            } ?? .null,
            "problem": problem?.value ?? .null,
            "refusals": .integer(Int64(refusals)),
            "not_before": notBefore.map(DocumentValue.timestamp) ?? .null,
            "held_until": heldUntil.map(DocumentValue.timestamp) ?? .null,
            "spent_usd": .double(spentUSD),
            "canary_passed": canaryPassed.map(DocumentValue.boolean) ?? .null,
            "stop_reason": stopReason.map { .string($0.rawValue) } ?? .null,
            "stop_by": stopBy.map(DocumentValue.timestamp) ?? .null,
            "retry": .map([
                "tier": retryTier.map(DocumentValue.string) ?? .null,
                "spend_max_usd": retrySpendMaxUSD.map(DocumentValue.double) ?? .null,
            ]),
            "cancel_requested": .boolean(cancelRequested),
            "dataset": DocumentValue(plain: dataset.json),
        ]
    }
}

extension DatasetReference {
    /// Reads the document's form.
    init(_ reader: JSONReader, episodesURI: JSONReader) throws(JSONTypeError) {
        self.init(
            archive: try episodesURI.objectName(),
            archiveGeneration: try reader["archive_generation"].generation(),
            manifest: try reader["manifest_uri"].objectName(),
            manifestGeneration: try reader["manifest_generation"].generation(),
            manifestDigest: try reader["manifest_sha256"].digest()
        )
    }

    /// The `dataset` of job documents and specs; the archive itself stands beside it as `episodes_uri`.
    var json: JSON {
        [
            "archive_generation": .string(String(archiveGeneration)),
            "manifest_uri": .string(manifest.uri),
            "manifest_generation": .string(String(manifestGeneration)),
            "manifest_sha256": .string(manifestDigest.hex),
        ]
    }
}

extension Job.Lease {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            holder: try reader["holder"].string(),
            expiresAt: try reader["expires_at"].timestamp(),
            tierSilentSince: try reader["tier_silent_since"].optional?.timestamp()
        )
    }

    var value: DocumentValue {
        .map([
            "holder": .string(holder),
            "expires_at": .timestamp(expiresAt),
            "tier_silent_since": tierSilentSince.map(DocumentValue.timestamp) ?? .null,
        ])
    }
}

extension Job.Progress {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            step: try reader["step"].int(in: 0...Int.max),
            totalSteps: try reader["total_steps"].int(in: 0...Int.max),
            loss: try reader["loss"].loss()
        )
    }

    var value: DocumentValue {
        .map(["step": .integer(Int64(step)), "total_steps": .integer(Int64(totalSteps)), "loss": .double(loss)])
    }
}

extension Job.Recovery {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            at: try reader["at"].timestamp(),
            attempt: try reader["attempt"].int(),
            cause: try reader["cause"].known(),
            place: try reader["place"].optional.map { place throws(JSONTypeError) in try place.place() },
            evidence: try reader["evidence"].string()
        )
    }

    var value: DocumentValue {
        .map([
            "at": .timestamp(at),
            "attempt": .integer(Int64(attempt)),
            "cause": .string(cause.rawValue),
            "place": place.map { .string($0.description) } ?? .null,
            "evidence": .string(evidence),
        ])
    }
}

extension Job.Placement {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            place: try reader["place"].place(),
            usdPerHour: try reader["usd_per_hour"].optional.map { usd throws(JSONTypeError) in try usd.usd() },
            claimedAt: try reader["claimed_at"].timestamp(),
            billedSince: try reader["billed_since"].optional?.timestamp(),
            hasRun: try reader["has_run"].optional?.bool() ?? true,
            heardSince: try reader["heard_since"].optional?.timestamp(),
            runSecondsMax: try reader["run_seconds_max"].int(in: 1...Job.secondsMax),
            choices: try reader["choices"].int(in: 1...Ladder.rungsMax)
        )
    }

    var value: DocumentValue {
        .map([
            "place": .string(place.description),
            "usd_per_hour": usdPerHour.map(DocumentValue.double) ?? .null,
            "claimed_at": .timestamp(claimedAt),
            "billed_since": billedSince.map(DocumentValue.timestamp) ?? .null,
            "has_run": .boolean(hasRun),
            "heard_since": heardSince.map(DocumentValue.timestamp) ?? .null,
            "run_seconds_max": .integer(Int64(runSecondsMax)),
            "choices": .integer(Int64(choices)),
        ])
    }
}

extension Job.Problem {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            code: try reader["code"].string(),
            message: try reader["message"].string(),
            since: try reader["since"].timestamp()
        )
    }

    var value: DocumentValue {
        .map(["code": .string(code), "message": .string(message), "since": .timestamp(since)])
    }
}

extension TrainingResult {
    init(_ reader: JSONReader) throws(JSONTypeError) {
        self.init(
            modelURI: try reader["model_uri"].string(),
            modelName: try reader["model_name"].string(),
            modelVersion: try reader["model_version"].int(),
            finalLoss: try reader["final_loss"].optional?.loss(),
            initialLoss: try reader["initial_loss"].optional?.loss(),
            bestValidationLoss: try reader["best_validation_loss"].optional?.loss(),
            bestStep: try reader["best_step"].optional?.int(),
            baselineLoss: try reader["baseline_loss"].optional?.loss(),
            validationAccuracy: try reader["validation_accuracy"].optional?.double(),
            validationMeanAbsoluteError: try reader["validation_mean_absolute_error"].optional?.double(),
            baselineAccuracy: try reader["baseline_accuracy"].optional?.double(),
            baselineMeanAbsoluteError: try reader["baseline_mean_absolute_error"].optional?.double(),
            steps: try reader["steps"].int(),
            trainingTimeSeconds: try reader["training_time_s"].double()
        )
    }

    /// The `result` of a job document; what was not measured stays away.
    public var json: JSON {
        var members: [String: JSON] = [
            "model_uri": .string(modelURI),
            "model_name": .string(modelName),
            "model_version": .integer(Int64(modelVersion)),
            "steps": .integer(Int64(steps)),
            "training_time_s": .double(trainingTimeSeconds),
        ]
        let measured = [
            "final_loss": finalLoss, "initial_loss": initialLoss, "best_validation_loss": bestValidationLoss,
            "baseline_loss": baselineLoss, "validation_accuracy": validationAccuracy,
            "validation_mean_absolute_error": validationMeanAbsoluteError, "baseline_accuracy": baselineAccuracy,
            "baseline_mean_absolute_error": baselineMeanAbsoluteError,
        ]
        for (name, value) in measured { members[name] = value.map(JSON.double) }
        members["best_step"] = bestStep.map { .integer(Int64($0)) }
        return .object(members)
    }
}

extension JSONReader {
    /// One of an enumeration's words.
    func known<Value: RawRepresentable & CaseIterable>() throws(JSONTypeError) -> Value where Value.RawValue == String {
        let text = try string()
        guard let value = Value(rawValue: text) else {
            throw mismatch("one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))", found: text)
        }
        return value
    }

    /// A loss: a number, or one of the words that stand for those that JSON cannot say.
    func loss() throws(JSONTypeError) -> Double {
        guard case .string(let text) = value else { return try double() }
        switch text {
        case "nan": return .nan
        case "inf": return .infinity
        case "-inf": return -.infinity
        default: throw mismatch("a number")
        }
    }

    /// An amount of money, or a price.
    func usd() throws(JSONTypeError) -> Double {
        let amount = try double()
        guard (0...Job.usdMax).contains(amount) else {
            throw mismatch("USD, 0 to \(Int64(Job.usdMax))", found: "\(amount)")
        }
        return amount
    }

    /// A written place.
    func place() throws(JSONTypeError) -> Place {
        let text = try string()
        guard let place = Place(text) else { throw mismatch("a place", found: text) }
        return place
    }

    /// A `gs://` URI.
    func objectName() throws(JSONTypeError) -> ObjectName {
        let uri = try string()
        guard let name = ObjectName(uri: uri) else { throw mismatch("a gs:// URI", found: uri) }
        return name
    }

    /// A generation, as text because it may be beyond what JSON numbers keep.
    func generation() throws(JSONTypeError) -> Int64 {
        guard let generation = Int64(try string()) else { throw mismatch("a generation") }
        return generation
    }
}
