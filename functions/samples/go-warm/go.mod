module asw.dev/samples/go-warm

go 1.26
