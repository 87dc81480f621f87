/* main.c -- starts the shell. */
int main(void)
{
    return 0;
}
