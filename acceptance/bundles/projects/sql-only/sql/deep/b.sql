SELECT :day, :n
