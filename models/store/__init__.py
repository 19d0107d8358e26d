"""The store fetches the weights of models, checks them and keeps them."""
