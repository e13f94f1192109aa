int dotfile;
