module baokms/golock

go 1.19
