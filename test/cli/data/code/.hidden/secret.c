int secret;
