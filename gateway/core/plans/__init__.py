"""Plans and prices: what is offered, and the rules that turn a quantity into money."""
