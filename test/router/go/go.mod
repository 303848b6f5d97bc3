module sonde/router

go 1.21
