await TrainerCommand.main()
