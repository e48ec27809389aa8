import ArgumentParser

await TrainerCommand.main(nil)
