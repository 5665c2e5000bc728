//go:build soak

package main

func init() { performances = append(performances, performance{"en", false}, performance{"ar", true}) }
