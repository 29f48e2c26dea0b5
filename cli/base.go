package cli

import "github.com/spf13/cobra"

func (c *command) baseCommand() *cobra.Command {
	base := &cobra.Command{Use: "base", Short: "The models that learning begins with"}
	base.AddCommand(c.baseTrainCommand())
	return base
}
