import SignalboxCore
import Testing

@Suite("Run names")
struct RunOrderTests {
    @Test("name the job and the attempt, and are read back", arguments: [1, 9, 10, 253, 99_999])
    func roundTrip(attempt: Int) {
        let jobID = Sample.job().id
        let name = RunOrder.name(jobID: jobID, attempt: attempt)
        #expect(name == "signalbox-\(jobID)-a\(attempt)")
        #expect(name.utf8.count <= 63)
        let parsed = RunOrder.parse(name)
        #expect(parsed?.jobID == jobID)
        #expect(parsed?.attempt == attempt)
    }

    @Test(
        "that are not ours are nothing",
        arguments: [
            "", "signalbox-", "signalbox-a1", "signalbox--a1", "signalbox-job-1", "signalbox-job-1-b1",
            "signalbox-job-1-a",
            "signalbox-job-1-a0", "signalbox-job-1-a-1", "signalbox-job-1-a01", "signalbox-job-1-a+1", "job-1-a1",
            "Signalbox-job-1-a1", "signalbox-job-1-a99999999999999999999", "signalbox-job-1-a1 ",
        ]
    )
    func notOurs(name: String) { #expect(RunOrder.parse(name) == nil) }

    @Test("stand in the order, whoever makes it")
    func order() {
        let order = RunOrder(
            jobID: "job-1",
            attempt: 2,
            robotID: "robot-1",
            spec: Sample.layout.spec(jobID: "job-1", attempt: 2),
            place: Place(tier: "local"),
            runSecondsMax: 60
        )
        #expect(order.name == "signalbox-job-1-a2")
        #expect(order.spec.uri == "gs://training/jobs/job-1/attempt-2/spec.json")
    }

    @Test(
        "give a machine time to start beside that of its run, but none that the cap does not pay for",
        arguments: [(nil, 1860), (180, 180), (1800, 1800), (3600, 1860)] as [(Int?, Int)]
    )
    func machineTime(paid: Int?, machine: Int) {
        let order = RunOrder(
            jobID: "job-1",
            attempt: 1,
            robotID: "robot-1",
            spec: Sample.layout.spec(jobID: "job-1", attempt: 1),
            place: Place(tier: "local"),
            runSecondsMax: 60,
            paidSecondsMax: paid
        )
        #expect(order.machineSecondsMax == machine)
    }
}
