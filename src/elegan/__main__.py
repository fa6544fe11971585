from elegan.cli import main

main()
