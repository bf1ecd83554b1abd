"""Planning how many readers and cases a study takes: the page's form, plan and figure."""
