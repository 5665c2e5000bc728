module stocktake/tools

go 1.26.0

require stocktake v0.0.0

require (
	github.com/evanw/esbuild v0.28.2 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace stocktake => ../
