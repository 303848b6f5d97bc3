// Posts bodies that the server refuses before it has read them, and prints the statuses.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	body := bytes.Repeat([]byte("x"), 4_000_000)
	for _, path := range []string{"/refused", "/large", "/length", "/ok"} {
		response, err := http.Post(os.Args[1]+path, "application/octet-stream", bytes.NewReader(body))
		if err != nil {
			fmt.Println(path, err)
			continue
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		fmt.Println(path, response.StatusCode, len(text) > 0, err)
	}
}
