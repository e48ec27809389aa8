import CloudEvents
import Handlers
import SignalboxCore
import Wire

/// Events on their way to the functions, and what comes of their answers.
extension FleetWorld {
    /// Tries of one delivery before the platform gives it up.
    private static let deliveryTriesMax = 60

    // MARK: - Events

    /// A job's document was written: an event is on its way to one region or the other.
    func emit(_ document: Document) {
        guard !hit(.deliveryDropped) else { return note(nil, "the event of \(document.id) is lost") }
        eventCount += 1
        send(.jobWrite(jobID: document.id), FleetEvent.written(document, number: eventCount))
    }

    /// An object of the staging bucket is final: its event is on its way.
    func announceUpload(_ name: ObjectName) {
        guard name.bucket == FleetSetting.layout.stagingBucket, PackageLocation(of: name) != nil else { return }
        guard !hit(.deliveryDropped) else { return }
        eventCount += 1
        send(.upload, FleetEvent.finalized(name, number: eventCount, at: Self.timestamp(now)))
    }

    private func send(_ trigger: Delivery.Trigger, _ request: FunctionRequest) {
        let delivery = Delivery(trigger: trigger, request: request)
        deliver(delivery, after: deliverySeconds())
        if hit(.deliveryDuplicated) { deliver(delivery, after: deliverySeconds()) }
    }

    /// How long an event is on its way.
    private func deliverySeconds() -> Double {
        var seconds = Double(latency.within(50...900)) / 1000
        if hit(.deliveryReordered) { seconds += Double(faults.random(.deliveryReordered, 1...300)) }
        if hit(.deliveryDelayed) { seconds += Double(faults.random(.deliveryDelayed, 600...21_600)) }
        return seconds
    }

    // MARK: - Deliveries

    private func deliver(_ delivery: Delivery, after seconds: Double) {
        guard delivery.tries < Self.deliveryTriesMax else { return }
        deliveriesUnderWay += 1
        after(seconds: seconds) { [unowned self] in
            deliveriesUnderWay -= 1
            take(delivery)
        }
    }

    /// An instance takes the event; one that dies is noticed, and the event comes again.
    private func take(_ delivery: Delivery) {
        let region = latency.within(0...1)
        let skew = setting.regionSkews[region]
        let process =
            switch delivery.trigger {
            case .jobWrite: makeProcess(.function, "function-\(region)", skew: skew)
            case .upload: makeProcess(.intake, "intake", skew: skew)
            }
        let backoff = Self.backoffSeconds(delivery.tries)
        process.abandoned = { [unowned self] in deliver(delivery.again, after: backoff) }
        spawn(process) { process in
            let answer =
                switch delivery.trigger {
                case .jobWrite(let jobID): await Self.attend(jobID, delivery.request, as: process)
                case .upload: await Self.judge(delivery.request, as: process)
                }
            guard case .tryAgain(_, let seconds) = answer, !process.isDead else { return }
            process.world.deliver(delivery.again, after: max(backoff, Double(seconds)))
        }
    }

    private static func attend(
        _ jobID: String,
        _ request: FunctionRequest,
        as process: SimulatedProcess
    ) async -> EventAnswer {
        let world = process.world
        let stop = world.overdueStop(of: jobID)
        let handler = JobHandler(controller: controller(process, dispatch(process)))
        let answer = await Self.answer(request, by: handler, as: process)
        guard !process.isDead else { return answer }
        if case .refused(let code, _) = answer { world.fail(.eventUnderstood, "\(jobID): \(code)") }
        if isLookOver(answer) {
            world.didLook(process)
            world.checkEnded(jobID, stop)
        }
        return answer
    }

    private static func judge(_ request: FunctionRequest, as process: SimulatedProcess) async -> EventAnswer? {
        guard let receiptKey = FleetPackage.receiptKey else { return nil }
        let intake = PackageIntake(
            objects: process.objects,
            documents: process.documents,
            layout: FleetSetting.layout,
            keyring: FleetPackage.keyring,
            receiptKey: receiptKey,
            clock: process.clock
        )
        return await answer(request, by: UploadHandler(intake: intake), as: process)
    }

    // MARK: - Answers

    /// Hands a request to a function's handler, as its server does.
    static func answer(
        _ request: FunctionRequest,
        by handler: some EventHandler,
        as process: SimulatedProcess
    ) async -> EventAnswer {
        let answer: EventAnswer
        do {
            answer = await handler.handle(try IncomingEvent(request), log: process.log)
        } catch {
            answer = .unreadable(error)
        }
        guard !process.isDead else { return answer }
        process.world.note(process, "\(answer.decision) \(answer.code ?? "") \(answer.detail.serialized())")
        process.world.checkUnderstood(answer, process)
        return answer
    }

    /// Nothing that the platform sends is strange to whom it is sent to.
    private func checkUnderstood(_ answer: EventAnswer, _ process: SimulatedProcess) {
        switch answer {
        case .unreadable(let code, let message): fail(.eventUnderstood, "\(process.name): \(code): \(message)")
        case .ignored: fail(.eventUnderstood, "\(process.name): the event is none of its own")
        case .done(let detail):
            guard let code = detail["code"]?.stringValue, Self.strangeCodes.contains(code) else { return }
            fail(.eventUnderstood, "\(process.name): \(code)")
        case .refused, .tryAgain: break
        }
    }

    /// What a function answers to what is not meant for it.
    private static let strangeCodes = [
        IntakeOutcome.notAPackage.code, IntakeOutcome.bucketNotAllowed.code, LedgerError.noSuchJob("").code,
    ]

    /// Whether a look at a job came to its end: the answer names what was decided, and not what went wrong.
    private static func isLookOver(_ answer: EventAnswer) -> Bool {
        switch answer {
        case .done(let detail): detail["decisions"] != nil
        case .tryAgain(let code, _): JobDecision(rawValue: code) != nil
        case .refused, .unreadable: false
        }
    }

    /// How long the platform waits before it sends an event again.
    static func backoffSeconds(_ tries: Int) -> Double { min(600, Double(10 << min(tries, 6))) }
}

/// An event on its way.
private struct Delivery {
    /// What sends it, and to which function.
    enum Trigger {
        case jobWrite(jobID: String)
        case upload
    }

    let trigger: Trigger
    let request: FunctionRequest
    var tries = 0

    /// The same event, sent once more.
    var again: Delivery {
        var delivery = self
        delivery.tries += 1
        return delivery
    }
}
