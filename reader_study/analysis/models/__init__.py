"""Mixed models with crossed readers and cases."""
