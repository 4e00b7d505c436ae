SELECT current_timestamp()
